"""Lets a model answer exercises with its own thinking, and keeps the answers that are right, for a student to learn from.

    python sample_thinking.py ../tiny --questions 3200      # data/thinking.train.npz

So the distillations of DeepSeek-R1 got their data (arXiv:2501.12948, section 2.3.3): sampled from the teacher, wrong answers rejected.
"""

import argparse
from collections import Counter
from random import Random

import numpy as np
import torch
from tokenizers import Tokenizer

import tasks
from batches import DATA
from check_golden import load_exported
from generate import generate
from vocabulary import ASSISTANT, BOS_ID, END_THINK_ID, EOS_ID, USER

SEED = 41
"""Not the seed of the exercises in data/math.train.npz, nor of those that evaluate.py asks."""
BATCH = 400
LONGEST = 90
"""Tokens of an answer; a longer one is not kept."""


def is_right(answer: list[int], exercise: tasks.Exercise, tokenizer: Tokenizer) -> bool:
    if answer.count(END_THINK_ID) != 1:
        return False
    rest = answer[answer.index(END_THINK_ID) + 1 :]
    return tokenizer.decode(rest, skip_special_tokens=False) == exercise.answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("teacher")
    parser.add_argument("--questions", type=int, default=3_200)
    parser.add_argument("--temperature", type=float, default=0.7)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision("medium")
    teacher = load_exported(arguments.teacher)
    tokenizer = Tokenizer.from_file(f"{arguments.teacher}/tokenizer.json")
    random = Random(SEED)
    documents: list[list[int]] = []
    asked, kept = Counter(), Counter()
    for batch in range(arguments.questions // BATCH):
        exercises = [tasks.math(random) for _ in range(BATCH)]
        prompts = [
            [BOS_ID, *tokenizer.encode(f"{USER}{item.question}{ASSISTANT}", add_special_tokens=False).ids]
            for item in exercises
        ]
        answers, _ = generate(teacher, prompts, LONGEST, temperature=arguments.temperature, seed=SEED + batch)
        for exercise, prompt, answer in zip(exercises, prompts, answers):
            asked[exercise.kind] += 1
            if is_right(answer, exercise, tokenizer):
                kept[exercise.kind] += 1
                documents.append([*prompt, *answer, EOS_ID])
        print(f"{sum(asked.values())} asked, {len(documents)} kept", flush=True)
    starts = np.cumsum([0] + [len(document) for document in documents[:-1]])
    tokens = np.concatenate([np.array(document, np.uint16) for document in documents])
    np.savez(DATA / "thinking.train.npz", tokens=tokens, starts=starts)
    shares = {kind: round(kept[kind] / asked[kind], 3) for kind in sorted(asked)}
    print(f"{len(documents)} documents, {len(tokens)} tokens; kept of each kind: {shares}")


if __name__ == "__main__":
    main()
