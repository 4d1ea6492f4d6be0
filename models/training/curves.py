"""The curves of a run of grpo.py, for models/tiny-zero/curves.json.

    python curves.py zero > ../tiny-zero/curves.json
"""

import json
import sys
from pathlib import Path

TRAINING = ["step", "reward", "format", "accuracy", "thinkingTokens", "nats"]


def main(folder: Path) -> None:
    lines = [json.loads(line) for line in (folder / "grpo.jsonl").read_text(encoding="utf8").splitlines()]
    by_step = {line["step"]: line for line in lines if "heldOut" not in line}  # the last, where a run went on
    held_out = {line["step"]: line for line in lines if "heldOut" in line}
    curves = {
        "training": [{name: line[name] for name in TRAINING} for _, line in sorted(by_step.items())],
        "heldOut": [
            {"step": step, **line["heldOut"], "accuracyByTerms": {terms: of["accuracy"] for terms, of in line["byTerms"].items()}}
            for step, line in sorted(held_out.items())
        ],
    }
    print(json.dumps(curves))


main(Path(sys.argv[1]))
