"""Measures everything that the model card quotes, on an exported folder. Needs the data of prepare_data.py.

    python evaluate.py ../tiny --n 100 > evaluation.json
    python evaluate.py ../tiny-dense --teacher ../tiny > evaluation-dense.json
"""

import argparse
import json
from random import Random

import numpy as np
import torch
from tokenizers import Tokenizer

import tasks
from batches import NAMES, SHARES, Batches
from check_golden import load_exported
from dense import Dense
from generate import generate
from heads import induction
from model import DeepseekV3
from vocabulary import ASSISTANT, BOS_ID, END_THINK_ID, EOS_ID, THINK_ID, USER

BUDGETS = [0, 4, 8, 16, 24, 32, None]
ROW_LENGTH = 256
BIGRAM_SAMPLE = 600_000
"""Tokens of each domain from which the baseline of the drafts, the commonest next token, is counted."""

QUESTIONS = [
    "7+5-3+8=?",
    "347+285=?",
    "a=3 b=a+4 c=b-2 c=?",
    "how many a in a b a c a b?",
    "Tell me a story about Lily the owl and a red kite.",
    "Define river.",
    "寫一首有「月」字的詩。",
    "Repeat: sea ship whale captain night",
    "cat is 4; owl is 7; dog is 2. owl?",
]
BEGINNINGS = ["Call me Ishmael.", "And God said", "export function "]


class Evaluation:
    def __init__(self, model: DeepseekV3 | Dense, tokenizer: Tokenizer, teacher: DeepseekV3 | None = None):
        self.model = model
        self.tokenizer = tokenizer
        self.teacher = teacher

    def text_ids(self, text: str) -> list[int]:
        return [BOS_ID, *self.tokenizer.encode(text, add_special_tokens=False).ids]

    def question_ids(self, question: str) -> list[int]:
        return self.text_ids(f"{USER}{question}{ASSISTANT}")

    def answer(self, ids: list[int]) -> str | None:
        """What follows the thinking, or None where it never ends."""
        if END_THINK_ID not in ids:
            return None
        rest = ids[ids.index(END_THINK_ID) + 1 :]
        return self.tokenizer.decode(rest, skip_special_tokens=False).strip()

    def math(self, n: int, seed: int = 5) -> dict:
        """Share of right answers by kind of exercise and by budget of thinking tokens ("full": the model's own choice)."""
        random = Random(seed)
        exercises = {f"chain{size}": [tasks.chain(random, size) for _ in range(n)] for size in (2, 3, 4, 5, 6, 8)}
        exercises |= {f"column{size}": [tasks.column(random, size) for _ in range(n)] for size in (2, 3, 4)}
        exercises |= {f"variables{size}": [tasks.variables(random, size) for _ in range(n)] for size in (3, 5)}
        exercises |= {"count8": [tasks.count(random, 8) for _ in range(n)]}
        return {name: self._accuracy(items) for name, items in exercises.items()}

    def _accuracy(self, items: list[tasks.Exercise]) -> dict:
        """With a budget `<think>` is given, as an engine would; without one the model must open it itself."""
        row: dict = {}
        for budget in BUDGETS:
            opening = [] if budget is None else [THINK_ID]
            prompts = [self.question_ids(item.question) + opening for item in items]
            answers, thinking_tokens = generate(self.model, prompts, 150, budget)
            right = sum(self.answer(ids) == item.answer for ids, item in zip(answers, items))
            row["full" if budget is None else str(budget)] = round(right / len(items), 3)
            if budget is None:
                opened = sum(ids[:1] == [THINK_ID] for ids in answers)
                row["opens_think"] = round(opened / len(items), 3)
                row["think_tokens"] = round(sum(thinking_tokens) / len(items), 1)
        return row

    @torch.no_grad()
    def domains(self, rows: int = 12) -> tuple[dict, dict | None]:
        """Held-out losses by domain, and how the experts divide the domains among them, where there are experts.

        With multi-token prediction also its loss and agreement; with a teacher how far from it the model is.
        """
        batches = Batches("val", 3)
        has_experts = isinstance(self.model, DeepseekV3)
        bigram = self._commonest_next() if has_experts else None
        measures, loads = {}, []
        for name in NAMES:
            ids, weights = batches.batch([name] * rows, ROW_LENGTH)
            hidden = self.model.hidden(ids[:, :ROW_LENGTH])
            logits = self.model.lm_head(hidden)
            measures[name] = {"loss": mean_loss(logits, ids, weights, shift=1)}
            if has_experts:
                measures[name] |= self._drafts_of(hidden, logits, ids, weights, bigram)
                loads.append(torch.stack([moe.last_counts for moe in self.model.moe_layers()]).float())
            if self.teacher:
                measures[name] |= self._distance(logits, ids, weights)
        return measures, specialisation(torch.stack(loads)) if loads else None

    def _drafts_of(
        self, hidden: torch.Tensor, logits: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor, bigram: torch.Tensor
    ) -> dict:
        """Loss and agreement of multi-token prediction, beside what the commonest next token would agree."""
        draft = self.model.lm_head(self.model.predict_further(hidden, ids[:, 1 : ROW_LENGTH + 1]))
        chosen = logits.argmax(-1)[:, 1:]
        text_only = (weights[:, 2 : ROW_LENGTH + 1] == 1).float()
        return {
            "mtp_loss": mean_loss(draft, ids, weights, shift=2),
            "mtp_agree": share(draft.argmax(-1)[:, :-1] == chosen, text_only),
            "bigram_agree": share(bigram[ids[:, 1:ROW_LENGTH]] == chosen, text_only),
        }

    def _distance(self, logits: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor) -> dict:
        """Divergence from the teacher (nats), the share of positions with the same first choice, and both entropies (nats)."""
        own = logits.log_softmax(-1)
        theirs = self.teacher.lm_head(self.teacher.hidden(ids[:, :ROW_LENGTH])).log_softmax(-1)
        target_weights = weights[:, 1 : ROW_LENGTH + 1]

        def mean(values: torch.Tensor) -> float:
            return round(((values * target_weights).sum() / target_weights.sum()).item(), 3)

        return {
            "divergence": mean((theirs.exp() * (theirs - own)).sum(-1)),
            "agree": share(own.argmax(-1) == theirs.argmax(-1), (target_weights == 1).float()),
            "entropy": mean(-(own.exp() * own).sum(-1)),
            "teacher_entropy": mean(-(theirs.exp() * theirs).sum(-1)),
        }

    def _commonest_next(self) -> torch.Tensor:
        vocabulary = self.model.config["vocab_size"]
        pairs = np.zeros((vocabulary, vocabulary), np.int32)
        for tokens, _ in Batches("train").domains.values():
            sample = tokens[:BIGRAM_SAMPLE]
            np.add.at(pairs, (sample[:-1], sample[1:]), 1)
        return torch.from_numpy(pairs.argmax(1))

    @torch.no_grad()
    def balance(self, rows: int = 60) -> dict:
        """Load of the busiest and of the idlest expert over the mean, per layer, on the mixture of training."""
        names = np.random.default_rng(1).choice(NAMES, rows, p=SHARES / SHARES.sum()).tolist()
        ids, _ = Batches("val", 9).batch(names, ROW_LENGTH)
        hidden = self.model.hidden(ids[:, :ROW_LENGTH])
        self.model.predict_further(hidden, ids[:, 1 : ROW_LENGTH + 1])
        counts = torch.stack([moe.last_counts for moe in self.model.moe_layers()]).float()
        return {
            "max_violation": rounded(counts.max(1)[0] / counts.mean(1) - 1),
            "min_over_mean": rounded(counts.min(1)[0] / counts.mean(1)),
        }

    @torch.no_grad()
    def drafts(self, prompts: list[list[int]], new_tokens: int = 60) -> list:
        """How often, decoding greedily, the draft is the token that the main model then picks; and of how many."""
        hits = total = 0
        for prompt in prompts:
            ids = list(prompt)
            hidden = self.model.hidden(torch.tensor([ids]))
            for _ in range(new_tokens):
                next_id = self.model.lm_head(hidden[:, -1]).argmax(-1).item()
                further = self.model.predict_further(hidden, torch.tensor([[*ids[1:], next_id]]))
                draft = self.model.lm_head(further[:, -1]).argmax(-1).item()
                ids.append(next_id)
                if next_id == EOS_ID:
                    break
                hidden = self.model.hidden(torch.tensor([ids]))
                hits += draft == self.model.lm_head(hidden[:, -1]).argmax(-1).item()
                total += 1
        return [round(hits / max(total, 1), 3), total]

    def all_drafts(self) -> dict:
        random = Random(2)
        prompts = {
            "math": [self.question_ids(tasks.math(random).question) for _ in range(10)],
            "stories": [self.question_ids(tasks.story(random)[0]) for _ in range(5)],
            "dictionary": [self.question_ids(f"Define {word}.") for word in "river lamp king horse stone".split()],
            "bible": [self.text_ids(text) for text in ("And the LORD said", "Then went", "Behold, I")],
            "novel": [self.text_ids(text) for text in ("The whale", "Call me", "It was a")],
            "code": [self.text_ids(text) for text in ("export function ", "import {", "const ")],
        }
        return {name: self.drafts(of_domain) for name, of_domain in prompts.items()}

    def samples(self) -> list[list[str]]:
        """Questions that end in ? greedily, the others at temperature 0.6, beginnings of texts at 0.7."""
        pairs = []
        for question in QUESTIONS:
            temperature = 0.0 if question.endswith("?") else 0.6
            answers, _ = generate(self.model, [self.question_ids(question)], 110, temperature=temperature)
            pairs.append([question, self.tokenizer.decode(answers[0], skip_special_tokens=False)])
        for text in BEGINNINGS:
            answers, _ = generate(self.model, [self.text_ids(text)], 70, temperature=0.7)
            pairs.append([text, self.tokenizer.decode(answers[0], skip_special_tokens=False)])
        return pairs


def mean_loss(logits: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor, shift: int) -> float:
    end = logits.shape[1] + shift
    targets, target_weights = ids[:, shift:end], weights[:, shift:end]
    losses = -logits.log_softmax(-1).gather(-1, targets[..., None])[..., 0]
    return round(((losses * target_weights).sum() / target_weights.sum()).item(), 3)


def share(hits: torch.Tensor, weights: torch.Tensor) -> float:
    return round(((hits.float() * weights).sum() / weights.sum()).item(), 3)


def rounded(values: torch.Tensor) -> list:
    return [round(value, 3) for value in values.tolist()]


def specialisation(loads: torch.Tensor) -> dict:
    """From loads (domains, layers, experts): mutual information of domain and expert, and each domain's favourite expert."""
    joint = loads / loads.sum((0, 2), keepdim=True)
    independent = joint.sum(2, keepdim=True) * joint.sum(0, keepdim=True)
    information = (joint * ((joint + 1e-12) / (independent + 1e-12)).log2()).sum((0, 2))
    shares, favourites = (loads / loads.sum(2, keepdim=True)).max(2)
    first_layer = 1  # layer 0 is dense
    top = {
        name: [
            {"layer": first_layer + layer, "expert": int(favourites[domain, layer]), "share": round(float(shares[domain, layer]), 2)}
            for layer in range(loads.shape[1])
        ]
        for domain, name in enumerate(NAMES)
    }
    return {
        "mutual_information_bits": rounded(information),
        "max_bits": float(np.log2(len(NAMES))),
        "top_expert": top,
        "mean_top_share": round(shares.mean().item(), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--n", type=int, default=100, help="exercises per kind")
    parser.add_argument("--teacher", help="a folder; the distance from it is measured")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = Tokenizer.from_file(f"{arguments.folder}/tokenizer.json")
    teacher = load_exported(arguments.teacher) if arguments.teacher else None
    evaluation = Evaluation(load_exported(arguments.folder), tokenizer, teacher)
    domains, experts = evaluation.domains()
    report: dict = {"domains": domains}
    if experts:
        report |= {"experts": experts, "balance": evaluation.balance()}
    report |= {"induction": induction(evaluation.model), "math": evaluation.math(arguments.n)}
    if experts:
        report["speculative"] = evaluation.all_drafts()
    report["samples"] = evaluation.samples()
    print(json.dumps(report, ensure_ascii=False))


if __name__ == "__main__":
    main()
