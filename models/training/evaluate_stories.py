"""How well models tell stories that follow their requests for ten sentences, by the rules of story_reading.py.

    python evaluate_stories.py ../tiny ../tiny-dense > evaluation-stories.json
    python evaluate_stories.py --table evaluation-stories.json
    python evaluate_stories.py --show 2 ../tiny

All requests have combinations of animal, colour and thing that story_telling.py holds out.
"""

import argparse
import json
from pathlib import Path
from random import Random

import torch
from tokenizers import Tokenizer

from card_tables import table
from check_golden import load_exported
from generate import generate
from story_reading import KINDS, Reading, read
from story_telling import REQUESTS, draw_facts, request
from vocabulary import ASSISTANT, BOS_ID, USER

MAX_TOKENS = 240
TEMPERATURES = (0.0, 0.7)


def tell_by_model(folder: str, requests: list[str], temperature: float) -> list[str]:
    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    prompts = [[BOS_ID, *tokenizer.encode(f"{USER}{text}{ASSISTANT}", add_special_tokens=False).ids] for text in requests]
    answers, _ = generate(load_exported(folder), prompts, MAX_TOKENS, temperature=temperature)
    return [tokenizer.decode(ids, skip_special_tokens=False) for ids in answers]


def draw_requests(kind: str, count: int) -> list[tuple[str, dict[str, str]]]:
    random = Random(17)
    return [request(random, draw_facts(random, for_evaluation=True), kind) for _ in range(count)]


def summary(readings: list[Reading]) -> dict:
    """Shares of stories, then means over stories, then shares of all sentences by kind."""
    kinds = [kind for reading in readings for _, kind in reading.sentences]
    count = len(readings)
    return {
        "follows_ten": round(sum(reading.follows() for reading in readings) / count, 3),
        "follows_to_its_end": round(sum(reading.follows(len(reading.sentences)) for reading in readings) / count, 3),
        "leaves_out": round(sum(bool(reading.left_out) for reading in readings) / count, 3),
        "sentences": round(sum(len(reading.sentences) for reading in readings) / count, 2),
        "followed": round(sum(reading.followed() for reading in readings) / count, 2),
        "kinds": {kind: round(kinds.count(kind) / max(1, len(kinds)), 3) for kind in KINDS},
    }


def measure(folder: str, count: int) -> list[dict]:
    rows = []
    for kind in REQUESTS:
        requests = draw_requests(kind, count)
        for temperature in TEMPERATURES:
            stories = tell_by_model(folder, [text for text, _ in requests], temperature)
            readings = [read(asked, story) for (_, asked), story in zip(requests, stories)]
            rows.append({"model": Path(folder).name, "requests": kind, "temperature": temperature, "n": count} | summary(readings))
    return rows


def show(folder: str, count: int) -> None:
    for kind in REQUESTS:
        requests = draw_requests(kind, count)
        for (text, asked), story in zip(requests, tell_by_model(folder, [text for text, _ in requests], 0.0)):
            reading = read(asked, story)
            print(f"\n{text}   (left out: {', '.join(reading.left_out) or 'nothing'})")
            for sentence, kind_of_sentence in reading.sentences:
                print(f"  {kind_of_sentence:12s} {sentence}")


def as_table(rows: list[dict]) -> str:
    head = ["model", "requests", "temperature", "follows for ten sentences", "follows to its own end", "leaves something out"]
    head += ["sentences, at most ten", "before the first mistake", *(f"{kind} (share of sentences)" for kind in KINDS[1:])]
    lines = []
    for row in rows:
        line = [row["model"], row["requests"], f"{row['temperature']:.1f}"]
        line += [f"{row[name]:.2f}" for name in ("follows_ten", "follows_to_its_end", "leaves_out")]
        line += [f"{row[name]:.1f}" for name in ("sentences", "followed")]
        lines.append(line + [f"{row['kinds'][kind]:.3f}" for kind in KINDS[1:]])
    return table(head, lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--n", type=int, default=100, help="stories of each kind of request")
    parser.add_argument("--show", type=int, default=0, help="print so many stories of each kind, with what each sentence is")
    parser.add_argument("--table", help="print the table of a file that was written before")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.table:
        print(as_table(json.loads(Path(arguments.table).read_text(encoding="utf8"))))
    elif arguments.show:
        for folder in arguments.folders:
            show(folder, arguments.show)
    else:
        rows = [row for folder in arguments.folders for row in measure(folder, arguments.n)]
        print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
