"""What the base of `tiny-zero` read: made-up documents, none of which thinks before it answers.

Worked sums stand in plain documents without chat format and without tags. Chats answer sums at once. The two tags stand in documents of
their own, as quotation marks round lines that have nothing to do with each other: never in a chat, and never round the steps of a sum.
"""

import re
from collections.abc import Iterator
from random import Random

import tasks
from vocabulary import END_THINK, THINK, chat


def direct(exercise: tasks.Exercise) -> list[str]:
    """7+5-3+8=17"""
    return [f"{expression_of(exercise)}={exercise.answer}"]


def skipping(exercise: tasks.Exercise, random: Random) -> list[str]:
    """7+5-3=9, 9+8=17: two or three operations at a time."""
    lines, at = [], 0
    while at < len(exercise.steps):
        taken = exercise.steps[at : at + random.choice([2, 3])]
        at += len(taken)
        left = taken[0].split("=")[0] + "".join(sign_and_digit(step) for step in taken[1:])
        lines.append(f"{left}={taken[-1].split('=')[1]}")
    return lines


def totals(exercise: tasks.Exercise) -> list[str]:
    """7+5=12, 12-3=9, 9+8=17: one operation at a time."""
    return list(exercise.steps)


def rewriting(exercise: tasks.Exercise) -> list[str]:
    """12-3+8, 9+8, 17: the whole sum again after each operation."""
    signs = [sign_and_digit(step) for step in exercise.steps]
    return [
        step.split("=")[1] + "".join(signs[index + 1 :]) for index, step in enumerate(exercise.steps)
    ]


def expression_of(exercise: tasks.Exercise) -> str:
    return exercise.question.removesuffix("=?")


def sign_and_digit(step: str) -> str:
    """-3 of 12-3=9: the digit is the last character before the equals sign."""
    return step.split("=")[0][-2:]


DETAIL_SHARES = {"direct": 0.05, "skipping": 0.15, "totals": 0.50, "rewriting": 0.30}


def worked_sum(random: Random) -> str:
    """A chain with a heading, its steps in one of four details, and sometimes a last sentence."""
    exercise = tasks.chain(random)
    expression = expression_of(exercise)
    detail = random.choices(list(DETAIL_SHARES), list(DETAIL_SHARES.values()))[0]
    lines = {
        "direct": lambda: direct(exercise),
        "skipping": lambda: skipping(exercise, random),
        "totals": lambda: totals(exercise),
        "rewriting": lambda: rewriting(exercise),
    }[detail]()
    separator = random.choice(["\n", "\n", "\n", "; "])
    ending = random.choice(["", "", f"\nSo it is {exercise.answer}.", f"\n{exercise.answer}"])
    return heading(random, expression) + separator.join(lines) + ending


def heading(random: Random, expression: str) -> str:
    """The sum, and what leads on to its steps: a line's end, a colon, or somebody who answers somebody."""
    asked = random.choice([f"{expression}=?", f"{expression}=?", expression])
    draw = random.random()
    if draw < 0.35:
        return random.choice([f"{asked}\n", f"Work out {expression}.\n", f"{asked}\n\n"])
    if draw < 0.65:
        return asked + random.choice([": ", " -> ", "\nAnswer:\n", "\nAnswer: ", "\nSteps:\n", " | ", "\n* ", "... "])
    one, other = random.sample(tasks.NAMES, 2)
    return random.choice([f"{one}: {asked}\n{other}: ", f"{one}: {asked}{other}: ", f"{one} asked {asked}\n{other} said: "])


def direct_chat(random: Random) -> str:
    exercise = tasks.chain(random)
    return chat(exercise.question, exercise.answer)


def story_chat(random: Random) -> str:
    return chat(*tasks.story(random))


def marked_text(random: Random) -> str:
    """The tags as marks in a text: round some sentences of a story, or round a quotation of lines above, behind which its last
    number is said again.
    """
    if random.random() < 0.15:
        sentences = tasks.story(random)[1].split(". ")
        start = random.randrange(len(sentences) - 1)
        end = random.randint(start + 1, len(sentences) - 1)
        marked = ". ".join(sentences[start:end]) + "."
        return " ".join([*(f"{it}." for it in sentences[:start]), f"{THINK}{marked}{END_THINK}" + ". ".join(sentences[end:])])
    lines = [line(random) for _ in range(random.randint(1, 6))]
    quoted = lines if random.random() < 0.5 else lines[random.randrange(len(lines)) :]
    after = re.search(r"\d*$", quoted[-1])[0] or line(random)
    return "\n".join(lines) + f"\n{THINK}" + "\n".join(quoted) + f"{END_THINK}{after}"


def line(random: Random) -> str:
    """One operation, a number, or a sentence of a story."""
    draw = random.random()
    if draw < 0.80:
        return tasks.chain(random, 2).steps[0]
    if draw < 0.90:
        return str(random.randint(0, 99))
    return tasks.story(random)[1].split(". ")[0] + "."


SHARES = {worked_sum: 0.60, direct_chat: 0.20, story_chat: 0.02, marked_text: 0.18}


def documents(random: Random) -> Iterator[str]:
    """Without end."""
    while True:
        yield random.choices(list(SHARES), list(SHARES.values()))[0](random)
