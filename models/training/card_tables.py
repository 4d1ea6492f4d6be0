"""Prints the tables of a dense twin's card, from what evaluate.py wrote.

    python card_tables.py tiny=evaluation.json tiny-dense=evaluation-dense.json tiny-dense-scratch=evaluation-dense-scratch.json
"""

import json
import sys

from evaluate import BUDGETS

KINDS = {
    "chain2": "chain of 2 terms",
    "chain3": "chain of 3",
    "chain4": "chain of 4",
    "chain5": "chain of 5",
    "chain6": "chain of 6",
    "chain8": "chain of 8",
    "column2": "column addition, 2 digits",
    "column3": "column addition, 3 digits",
    "column4": "column addition, 4 digits",
    "variables3": "variables, 3 definitions",
    "variables5": "variables, 5 definitions",
    "count8": "counting letters, 8",
}


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def accuracy(reports: dict[str, dict]) -> str:
    """A row for each exercise and model; the last column is the model's own choice of how long to think."""
    names = ["full" if budget is None else str(budget) for budget in BUDGETS]
    rows = [
        [title if i == 0 else "", model, *(f"{report['math'][kind][name]:.2f}" for name in names)]
        for kind, title in KINDS.items()
        for i, (model, report) in enumerate(reports.items())
    ]
    return table(["exercise", "model", *names[:-1], "its own choice"], rows)


def losses(reports: dict[str, dict]) -> str:
    domains = next(iter(reports.values()))["domains"]
    rows = [[name, *(f"{report['domains'][name]['loss']:.3f}" for report in reports.values())] for name in domains]
    return table(["loss (nats per token)", *reports], rows)


def distances(reports: dict[str, dict]) -> str:
    """Of the models that were measured with a teacher."""
    students = {model: report for model, report in reports.items() if "agree" in report["domains"]["math"]}
    head = ["domain"]
    for model in students:
        head += [f"{model}: divergence (nats)", "same first choice", "entropy (nats)"]
    head.append("teacher's entropy")
    rows = []
    for name in next(iter(reports.values()))["domains"]:
        cells = [
            f"{report['domains'][name][measure]:.3f}"
            for report in students.values()
            for measure in ("divergence", "agree", "entropy")
        ]
        teacher_entropy = next(iter(students.values()))["domains"][name]["teacher_entropy"]
        rows.append([name, *cells, f"{teacher_entropy:.3f}"])
    return table(head, rows)


def main(arguments: list[str]) -> None:
    reports = {}
    for argument in arguments:
        model, path = argument.split("=", 1)
        with open(path, encoding="utf8") as file:
            reports[model] = json.load(file)
    print(accuracy(reports), losses(reports), distances(reports), sep="\n\n")


if __name__ == "__main__":
    main(sys.argv[1:])
