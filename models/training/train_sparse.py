"""Continues an exported model in the three stages of DeepSeek-V3.2's sparse attention (arXiv:2512.02556, section 2.1).

    python train_sparse.py extend ../tiny --out run-extend --minutes 31 --long-from 0.5
    python train_sparse.py warm run-extend/last.pt --out run-warm --minutes 6
    python train_sparse.py sparse run-warm/last.pt --out run-sparse --minutes 13.5

`extend` trains all but the indexers with dense attention on rows of up to 2,048 tokens, half of which ask for what was said long ago.
`warm` trains the indexers alone, towards what dense attention reads. `sparse` trains everything on the chosen keys.
One process and one thread; the schedule follows the wall clock.
"""

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path

import torch
from safetensors.torch import load_file

from batches import Batches, stratified_names
from checkpoint_names import stack_experts
from model import DeepseekV3
from optimizer import Optimizer
from recall import RecallRows
from sparse_attention import DENSE, SPARSE
from train import save_whole

CONTEXT, SHORT_ROW = 2048, 512
ORIGINAL_CONTEXT = 512
YARN = {
    "type": "yarn",
    "factor": CONTEXT / ORIGINAL_CONTEXT,
    "original_max_position_embeddings": ORIGINAL_CONTEXT,
    "beta_fast": 4,
    "beta_slow": 1,
    "mscale": 1.0,
    "mscale_all_dim": 1.0,
}
"""Pairs that turn four times or more within 512 tokens are left alone; with the usual 32 turns the losses of tiny rise further."""
SPARSE_CONFIG = {
    "architectures": ["DeepseekV32ForCausalLM"],
    "model_type": "deepseek_v32",
    "max_position_embeddings": CONTEXT,
    "rope_scaling": YARN,
    "num_nextn_predict_layers": 0,
    "index_n_heads": 8,
    "index_head_dim": 32,
    "index_topk": 64,
}
WARM_UP_STEPS = 15
LOG_EVERY_STEPS = 10
SAVE_EVERY_SECONDS = 120


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stage", choices=["extend", "warm", "sparse"])
    parser.add_argument("source", type=Path, help="an exported DeepSeek-V3 folder, or last.pt of the stage before")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--tokens", type=int, default=4096, help="per step")
    parser.add_argument("--long-from", type=float, default=0.0, help="share of the time; recall in rows of 512 until then")
    parser.add_argument("--recall-share", type=float, default=0.5, help="of the tokens of a step")
    parser.add_argument("--muon-rate", type=float, default=2e-3)
    parser.add_argument("--adam-rate", type=float, default=1e-3)
    parser.add_argument("--decay-from", type=float, default=0.4, help="share of the time")
    parser.add_argument("--final-rate", type=float, default=0.0, help="of the rates, at the end")
    parser.add_argument("--taught-queries", type=int, default=128, help="of each row, from which indexers learn")
    parser.add_argument("--top-k", type=int, help="another index_topk than the checkpoint's")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def load(source: Path, top_k: int | None = None, new_indexers: bool = False) -> tuple[DeepseekV3, int, int]:
    """The model, with its steps and tokens so far; indexers are new where an exported folder has none, or where asked."""
    if source.is_dir():
        config = json.loads((source / "config.json").read_text()) | SPARSE_CONFIG
        exported = stack_experts({name: tensor.float() for name, tensor in load_file(source / "model.safetensors").items()})
        drafts = f"model.layers.{config['num_hidden_layers']}."
        state = {name: tensor for name, tensor in exported.items() if not name.startswith(drafts)}
        step = tokens = 0
    else:
        checkpoint = torch.load(source)
        config, state = checkpoint["config"], checkpoint["state"]
        step, tokens = checkpoint["step"], checkpoint["tokens"]
    if new_indexers:
        config = config | SPARSE_CONFIG
        state = {name: tensor for name, tensor in state.items() if ".indexer." not in name}
    if top_k:
        config["index_topk"] = top_k
    model = DeepseekV3(config)
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and all(".indexer." in name for name in missing), (missing, unexpected)
    return model, step, tokens


class Stage:
    def __init__(self, arguments: argparse.Namespace):
        self.arguments = arguments
        self.model, self.step, self.tokens = load(
            arguments.source, arguments.top_k, new_indexers=arguments.stage == "warm"
        )
        self.domains, self.recall = Batches(seed=100 + arguments.seed), RecallRows(seed=200 + arguments.seed)
        self.attentions = [layer.self_attn for layer in self.model.decoder_layers()]
        teaches = arguments.stage != "extend"
        for attention in self.attentions:
            attention.mode = SPARSE if arguments.stage == "sparse" else DENSE
            attention.taught_queries = arguments.taught_queries if teaches else 0
        wanted = {"extend": [False], "warm": [True], "sparse": [False, True]}[arguments.stage]
        named = []
        for name, parameter in self.model.named_parameters():
            parameter.requires_grad = (".indexer." in name) in wanted
            if parameter.requires_grad:
                parameter.grad = torch.zeros_like(parameter)
                named.append((name, parameter))
        gradients = {name: parameter.grad for name, parameter in named}
        self.optimizer = Optimizer(named, [gradients], arguments.muon_rate, arguments.adam_rate)
        self.gradients = list(gradients.values())

    def run(self) -> None:
        arguments, first_step = self.arguments, self.step
        started = logged = saved = time.time()
        sums, rows, window_tokens = defaultdict(float), defaultdict(int), 0
        log = open(arguments.out / "log.jsonl", "a", encoding="utf8")
        while (progress := (time.time() - started) / (60 * arguments.minutes)) < 1:
            rate = self._rate(progress, self.step - first_step)
            for gradient in self.gradients:
                gradient.zero_()
            for name, loss, size in self._accumulate(progress):
                sums[name] += loss
                rows[name] += 1
                window_tokens += size
            self.optimizer.step(rate)
            self.step += 1
            if self.step % LOG_EVERY_STEPS == 0:
                self.tokens += window_tokens
                now = time.time()
                line = {
                    "step": self.step,
                    "minutes": round((now - started) / 60, 2),
                    "tokens": self.tokens,
                    "rate": round(rate, 3),
                    "tok_s": round(window_tokens / (now - logged)),
                    "losses": {name: round(sums[name] / rows[name], 3) for name in sorted(sums)},
                }
                print(json.dumps(line), file=log, flush=True)
                logged, window_tokens = now, 0
                sums.clear()
                rows.clear()
            if time.time() - saved > SAVE_EVERY_SECONDS:
                self._save()
                saved = time.time()
        self._save()

    def _rate(self, progress: float, steps: int) -> float:
        """Warm-up, then constant, then linear to the final rate."""
        first, last = self.arguments.decay_from, self.arguments.final_rate
        decayed = 1.0 if progress < first else last + (1 - last) * (1 - progress) / (1 - first)
        return min(1.0, (steps + 1) / WARM_UP_STEPS) * decayed

    def _accumulate(self, progress: float) -> list[tuple[str, float, int]]:
        """Gradients of one step; and of each batch its name, loss and tokens, the indexers' loss as a batch of none."""
        total, results = self.arguments.tokens, []
        for name, ids, weights in self._batches(progress):
            share = ids.numel() / total
            loss, main, _, _ = self.model.loss(ids, weights, 0.0)
            if self.arguments.stage == "warm":
                loss = torch.zeros(())
            if self.attentions[0].taught_queries:
                taught = torch.stack([attention.index_loss for attention in self.attentions]).sum()
                results.append(("index", taught.item() / len(self.attentions), 0))
                loss = loss + taught
            (loss * share).backward()
            results.append((name, main.item(), ids.numel()))
        return results

    def _batches(self, progress: float) -> list[tuple]:
        arguments = self.arguments
        length = CONTEXT if progress >= arguments.long_from else SHORT_ROW
        recall_tokens = int(arguments.tokens * arguments.recall_share)
        drawn = [("distant", *self.recall.batch(1, length)) for _ in range(max(1, recall_tokens // length))]
        text_tokens = arguments.tokens - recall_tokens
        if self.step % 2 == 0:  # whole contexts of one domain, else many domains in short rows
            names = stratified_names(self.step // 2, 3)[self.step // 2 % 3 :][:1]
            return [*drawn, (names[0], *self.domains.batch(names, min(text_tokens, CONTEXT)))]
        names = stratified_names(self.step, text_tokens // SHORT_ROW)
        return drawn + [(name, *self.domains.batch([name], SHORT_ROW)) for name in names]

    def _save(self) -> None:
        checkpoint = {
            "config": self.model.config,
            "step": self.step,
            "tokens": self.tokens,
            "state": self.model.state_dict(),
        }
        save_whole(checkpoint, self.arguments.out / "last.pt")


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)
    arguments.out.mkdir(parents=True, exist_ok=True)
    Stage(arguments).run()


if __name__ == "__main__":
    main()
