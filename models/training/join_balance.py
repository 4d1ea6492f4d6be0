"""Joins the records of three runs of train.py into one file, and prints the table of its card.

    for kind in bias loss none; do
      python train.py --workers 1 --tokens 2048 --steps 240 --by-steps --precision medium --balance $kind --record-every 10 --out run-$kind
    done
    python join_balance.py run-bias run-loss run-none > ../balance/runs.json

The table goes to stderr.
"""

import json
import sys
from pathlib import Path

from config import CONFIG
from train import BALANCES

TOKENS_PER_STEP = 2048
LAST = 5
"""Records over which the table's means are taken: the last 50 steps."""


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def read(folder: str) -> list[dict]:
    with open(Path(folder) / "balance.jsonl", encoding="utf8") as file:
        return [json.loads(line) for line in file]


def row(kind: str, records: list[dict]) -> str:
    """One line of the table. Violations are means over layers; the peak is the highest of all records."""
    violations = [mean(record["violation"]) for record in records]
    idlest = min(min(load) for record in records[-LAST:] for load in record["load"]) * CONFIG["n_routed_experts"]
    losses = [mean([record[name] for record in records[-LAST:]]) for name in ("loss", "further_loss")]
    cells = [max(violations), mean(violations[-LAST:]), idlest, *losses]
    return f"| {kind} | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |"


def main(folders: list[str]) -> None:
    runs = {kind: read(folder) for kind, folder in zip(BALANCES, folders, strict=True)}
    layers = [*range(CONFIG["first_k_dense_replace"], CONFIG["num_hidden_layers"]), "mtp"]
    head = {"layers": layers, "experts": CONFIG["n_routed_experts"], "tokens_per_step": TOKENS_PER_STEP}
    print(json.dumps(head | {"runs": runs}, separators=(",", ":")))
    print("| | peak violation | violation, last 50 steps | idlest expert over mean | loss | further loss |", file=sys.stderr)
    print("| --- | --- | --- | --- | --- | --- |", file=sys.stderr)
    for kind, records in runs.items():
        print(row(kind, records), file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
