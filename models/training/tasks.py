"""Made-up exercises. Each generator takes a random number generator and returns text.

Thinking steps are short, and each is a fact that a small model can learn; the answer needs all of them, so cutting the
thinking short really costs accuracy.
"""

from random import Random
from typing import NamedTuple

NAMES = "Tom Anna Ben Lily Sam Mia Jack Zoe Max Ella Leo Ruby Finn Nora Otto Ivy".split()
ANIMALS = "fox owl cat dog bear hare frog goat duck mole crow seal wolf deer".split()
THINGS = "ball kite lamp drum boat cake book bell rope cup hat map key coin".split()
COLORS = "red blue green yellow white black golden silver".split()
PLACES = "forest river hill garden village cave beach barn bridge mill".split()
TRAITS = "brave shy clever hungry sleepy kind proud small curious old".split()


class Exercise(NamedTuple):
    kind: str
    question: str
    steps: list[str]
    answer: str


def chain(random: Random, terms: int | None = None) -> Exercise:
    """7+5-3+8=? by running totals, which stay within 0 and 99."""
    terms = terms or random.choice([2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 8])
    total = random.randint(1, 9) if random.random() < 0.6 else random.randint(10, 60)
    question, steps = str(total), []
    for _ in range(terms - 1):
        digit = random.randint(1, 9)
        adds = (random.random() < 0.55 and total + digit <= 99) or total < digit
        sign, new_total = ("+", total + digit) if adds else ("-", total - digit)
        question += f"{sign}{digit}"
        steps.append(f"{total}{sign}{digit}={new_total}")
        total = new_total
    return Exercise("chain", question + "=?", steps, str(total))


def column(random: Random, digits: int | None = None) -> Exercise:
    """347+285=? by units, tens and hundreds, each with its carry."""
    digits = digits or random.choice([2, 2, 3, 3, 4])
    first, second = (random.randint(10 ** (digits - 1), 10**digits - 1) for _ in range(2))
    steps, carry = [], 0
    for a, b in zip(reversed(str(first)), reversed(str(second))):
        total = int(a) + int(b) + carry
        steps.append(f"{a}+{b}+{carry}={total}")
        carry = total // 10
    return Exercise("column", f"{first}+{second}=?", steps, str(first + second))


def variables(random: Random, definitions: int | None = None) -> Exercise:
    """a=3 b=a+4 c=b-2 c=? by putting in one value after another."""
    definitions = definitions or random.choice([2, 3, 3, 4, 4, 5])
    names = random.sample("abcdxyzpqk", definitions)
    values: dict[str, int] = {names[0]: random.randint(1, 20)}
    given, steps = [f"{names[0]}={values[names[0]]}"], []
    for index, name in enumerate(names[1:], start=1):
        source, digit = random.choice(names[max(0, index - 2) : index]), random.randint(1, 9)
        adds = random.random() < 0.6 or values[source] < digit
        sign = "+" if adds else "-"
        values[name] = values[source] + digit if adds else values[source] - digit
        given.append(f"{name}={source}{sign}{digit}")
        steps.append(f"{name}={values[source]}{sign}{digit}={values[name]}")
    last = names[-1]
    return Exercise("variables", f"{' '.join(given)} {last}=?", steps, str(values[last]))


def count(random: Random, length: int | None = None) -> Exercise:
    """How many of one letter stand in a row of letters, by walking through it."""
    length = length or random.randint(4, 9)
    letters = [random.choice("abc") for _ in range(length)]
    target, seen, steps = random.choice("abc"), 0, []
    for letter in letters:
        seen += letter == target
        steps.append(f"{letter} {seen}")
    return Exercise("count", f"how many {target} in {' '.join(letters)}?", steps, str(seen))


MATH_SHARES = {chain: 0.45, column: 0.22, variables: 0.23, count: 0.10}


def math(random: Random) -> Exercise:
    make = random.choices(list(MATH_SHARES), list(MATH_SHARES.values()))[0]
    return make(random)


def recall(random: Random, words: list[str]) -> tuple[str, str]:
    """Copying and looking up within the context: what induction heads are good for."""
    kind = random.random()
    if kind < 0.5:
        phrase = " ".join(random.sample(words, random.randint(4, 14)))
        return f"Repeat: {phrase}", phrase
    keys = random.sample(words, random.randint(3, 8))
    values = [str(random.randint(0, 9)) if kind < 0.75 else random.choice(words) for _ in keys]
    asked = random.randrange(len(keys))
    pairs = "; ".join(f"{key} is {value}" for key, value in zip(keys, values))
    return f"{pairs}. {keys[asked]}?", values[asked]


def story(random: Random) -> tuple[str, str]:
    """A request and a story from a template about a thing found and its owner."""
    pick = random.choice
    name, animal, thing = pick(NAMES), pick(ANIMALS), pick(THINGS)
    color, place, trait = pick(COLORS), pick(PLACES), pick(TRAITS)
    owner, owner_animal = pick([other for other in NAMES if other != name]), pick(ANIMALS)
    home = pick([other for other in PLACES if other != place])
    request = pick(
        [
            f"Tell me a story about {name} the {animal} and a {color} {thing}.",
            f"Write a story: {name}, {animal}, {color} {thing}.",
            f"A story about a {trait} {animal} named {name}.",
        ]
    )
    sentences = [
        pick(
            [
                f"Once upon a time there was a {trait} {animal} named {name}.",
                f"{name} was a {trait} {animal} who lived near the {home}.",
            ]
        ),
        pick(
            [
                f"One day {name} found a {color} {thing} in the {place}.",
                f"One morning {name} walked to the {place} and saw a {color} {thing}.",
            ]
        ),
        pick(
            [
                f'"What a nice {thing}!" said {name}.',
                f'"Whose {thing} is this?" asked {name}.',
                f"{name} wanted to keep the {color} {thing}.",
            ]
        ),
        pick(
            [
                f"Then {owner} the {owner_animal} came by and began to cry.",
                f"Soon {name} met {owner} the {owner_animal}.",
            ]
        ),
        pick(
            [
                f'"I lost my {thing} in the {place}," said {owner}.',
                f'"That {color} {thing} is mine," said {owner} the {owner_animal}.',
            ]
        ),
    ]
    if random.random() < 0.7:
        sentences += [
            pick(
                [
                    f"{name} gave the {thing} back to {owner}, and {owner} was very happy.",
                    f"So {name} and {owner} shared the {color} {thing} and played all day.",
                ]
            ),
            pick(
                [
                    f"From that day on the {animal} and the {owner_animal} were good friends.",
                    f"In the evening they walked home from the {place} together.",
                ]
            ),
        ]
    else:
        sentences += [
            f"But {name} ran away with the {thing} to the {home}.",
            pick(
                [
                    f"That night the {trait} {animal} felt sorry and brought it back.",
                    f"{owner} looked for the {thing} until {name} said sorry.",
                ]
            ),
        ]
    return request, " ".join(sentences) + " The end."
