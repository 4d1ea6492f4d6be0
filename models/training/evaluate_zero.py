"""The tables of `tiny-zero`'s card: what its ages answer, and how long they think, on sums that no training asked.

    python evaluate_zero.py ../tiny-zero-base ../tiny-zero-middle ../tiny-zero
"""

import argparse
from pathlib import Path
from random import Random

import torch
from tokenizers import Tokenizer

import tasks
from check_golden import load_exported
from grpo import MAX_TOKENS, TERMS, Sampled, answer_all
from rewards import accuracy_reward, format_reward
from sample import sample

SEED = 3_000_017
BUDGETS = [0, 8, 16, 24, 32, 48, None]


def table(header: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *rows])


def share(values: list[float]) -> str:
    return f"{sum(values) / len(values):.2f}"


def accuracy(items: list[Sampled]) -> str:
    return share([accuracy_reward(item.text, item.expected) for item in items])


def steps_per_operation(items: list[Sampled]) -> str:
    """Equals signs in the thinking over the operations of the sum: 1 where every running total is written down."""
    operations = sum(terms - 1 for terms in TERMS) * (len(items) // len(TERMS))
    written = sum(item.text.split("</think>")[0].count("=") for item in items)
    return f"{written / operations:.2f}"


def plain_accuracy(model, tokenizer: Tokenizer, exercises: list[tasks.Exercise]) -> str:
    """Of the last number that is written where the sum is the heading of a plain text, as the base has read them."""
    prompts = [tokenizer.encode(f"<｜begin▁of▁sentence｜>{item.question}\n", add_special_tokens=False).ids for item in exercises]
    right = []
    for answer, item in zip(sample(model, prompts, MAX_TOKENS), exercises):
        text = tokenizer.decode(answer.ids).rstrip(".").strip()
        right.append(float(text.split("=")[-1].split("\n")[-1].split(" ")[-1] == item.answer))
    return share(right)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--n", type=int, default=100, help="sums of each length")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    random = Random(SEED)
    exercises = [tasks.chain(random, TERMS[index % len(TERMS)]) for index in range(arguments.n * len(TERMS))]
    ages, by_budget = [], []
    for folder in arguments.folders:
        model = load_exported(str(folder))
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        greedy = answer_all(model, tokenizer, exercises, None)
        sampled = answer_all(model, tokenizer, exercises, torch.Generator().manual_seed(0))
        lengths = [accuracy(greedy[index :: len(TERMS)]) for index in range(len(TERMS))]
        ages.append(
            [
                folder.name,
                share([format_reward(item.text) for item in greedy]),
                accuracy(greedy),
                accuracy(sampled),
                *lengths,
                f"{sum(item.thinking_tokens() for item in greedy) / len(greedy):.1f}",
                steps_per_operation(greedy),
                plain_accuracy(model, tokenizer, exercises[:: len(TERMS)]),
            ]
        )
        arms = [accuracy(answer_all(model, tokenizer, exercises, None, budget)) for budget in BUDGETS]
        by_budget.append([folder.name, *arms])
    header = ["model", "form", "right", "right, sampled", *(f"{terms} terms" for terms in TERMS)]
    print(table([*header, "tokens thought", "steps per operation", "right in a plain text, 3 terms"], ages))
    print()
    print(table(["budget of thinking", *("free" if budget is None else str(budget) for budget in BUDGETS)], by_budget))


if __name__ == "__main__":
    main()
