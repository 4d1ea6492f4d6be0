"""Measures what the card of tiny-v32 quotes: recall by distance, losses by domain, and what the indexer chooses.

    python evaluate_sparse.py ../tiny-v32 ../tiny run-sparse/last.pt > evaluation-v32.json

Dense is the same weights with all keys read; the checkpoint is that before it was quantised. Needs the data of prepare_data.py.
"""

import json
import sys
from pathlib import Path

import torch
from torch import Tensor

from batches import NAMES, Batches
from check_golden import load_exported
from evaluate import mean_loss
from model import DeepseekV3
from recall import RecallRows, recall_by_distance
from sparse_attention import DENSE, SPARSE, SparseLatentAttention
from train_sparse import load

SHORT, LONG = 256, 2000
SHORT_ROWS, LONG_ROWS, SELECTION_ROWS, RECALL_ROWS = 12, 2, 2, 8


def set_mode(model: DeepseekV3, mode: str) -> None:
    for layer in model.decoder_layers():
        if isinstance(layer.self_attn, SparseLatentAttention):
            layer.self_attn.mode = mode


@torch.no_grad()
def losses(model: DeepseekV3, rows: int, length: int) -> dict[str, float]:
    """Held-out losses by domain (nats per token), rows by rows."""
    batches, measured = Batches("val", 3), {}
    for name in NAMES:
        ids, weights = batches.batch([name] * rows, length)
        logits = [model.lm_head(model.hidden(row[None, :length])) for row in ids]
        measured[name] = mean_loss(torch.cat(logits), ids, weights, shift=1)
    return measured


class Selection:
    """What the chosen keys hold of dense attention, by layer, over the queries that leave keys out."""

    def __init__(self, attention: SparseLatentAttention):
        self.attention = attention
        self.sums: dict[str, float] = {}
        self.rows = 0

    @torch.no_grad()
    def __call__(self, module: SparseLatentAttention, inputs: tuple, _output: Tensor) -> None:
        x, cos, sin = inputs[:3]
        query_latent = module.q_a_layernorm(module.q_a_proj(x))
        query = module._rotated_queries(query_latent, cos, sin)
        key, _ = module.keys_and_values(*module.latents(x, cos, sin))
        chosen = module.chosen(x, query_latent, cos, sin)[0]
        k, length = module.top_k, x.shape[1]
        taken = torch.arange(k, length, 7)  # queries that have more than k keys
        future = torch.arange(length)[None] > taken[:, None]
        scores = query[0][:, taken] @ key[0].transpose(-1, -2) * module.scale
        mass = scores.masked_fill(future, float("-inf")).softmax(-1).mean(0)
        best = mass.topk(k, -1)
        kept = chosen[taken].float()
        recent = ((taken[:, None] - torch.arange(length)[None]) < k) & ~future
        measures = {
            "kept_mass": (mass * kept).sum(-1),
            "best_mass": best[0].sum(-1),
            "recent_mass": (mass * recent).sum(-1),
            "overlap": kept.gather(1, best[1]).mean(-1),
            "first_token_chosen": kept[:, 0],
            "recent_share": (kept * recent).sum(-1) / k,
        }
        for name, values in measures.items():
            self.sums[name] = self.sums.get(name, 0.0) + values.mean().item()
        self.rows += 1

    def means(self) -> dict[str, float]:
        return {name: round(total / self.rows, 3) for name, total in self.sums.items()}


def selection(model: DeepseekV3) -> dict[str, list[dict]]:
    """By kind of text, one entry for each layer; while the model itself runs sparse."""
    source = {"recall": RecallRows("val", 5).batch(SELECTION_ROWS, LONG)[0]}
    for name in ("novel", "code", "math"):
        source[name] = Batches("val", 5).batch([name] * SELECTION_ROWS, LONG)[0]
    measured = {}
    for name, rows in source.items():
        readers = [Selection(layer.self_attn) for layer in model.decoder_layers()]
        hooks = [reader.attention.register_forward_hook(reader) for reader in readers]
        for row in rows:
            model.hidden(row[None, :LONG])
        for hook in hooks:
            hook.remove()
        measured[name] = [reader.means() for reader in readers]
    return measured


@torch.no_grad()
def boundary_ties(model: DeepseekV3) -> int:
    """Queries of one row at which the k-th and the next index score are equal, so that the choice is the implementation's."""
    row = RecallRows("val", 6).batch(1, LONG)[0][:, :LONG]
    ties = 0

    def count(module: SparseLatentAttention, inputs: tuple, _output: Tensor) -> None:
        nonlocal ties
        x, cos, sin = inputs[:3]
        query_latent = module.q_a_layernorm(module.q_a_proj(x))
        keys = module.indexer.keys(x, cos, sin)
        queries, weights = module.indexer.queries(x, query_latent, cos, sin)
        for start in range(module.top_k, x.shape[1], 256):
            part = slice(start, start + 256)
            scores = module.indexer.scores(queries[:, part], weights[:, part], keys)[0]
            own = torch.arange(start, start + len(scores))
            scores = scores.masked_fill(torch.arange(x.shape[1])[None] > own[:, None], float("-inf"))
            best = scores.topk(module.top_k + 1, -1)[0]
            ties += int((best[:, -1] == best[:, -2]).sum())

    hooks = [layer.self_attn.register_forward_hook(count) for layer in model.decoder_layers()]
    model.hidden(row)
    for hook in hooks:
        hook.remove()
    return ties


def main(folder: str, tiny_folder: str, checkpoint: str) -> None:
    torch.set_num_threads(1)
    model, tiny = load_exported(folder), load_exported(tiny_folder)
    report: dict = {"index_topk": model.config["index_topk"], "tiny": {"short": losses(tiny, SHORT_ROWS, SHORT)}}
    unquantised, _, _ = load(Path(checkpoint))
    report["unquantised"] = {"short": losses(unquantised, SHORT_ROWS, SHORT)}
    for mode in (DENSE, SPARSE):
        set_mode(model, mode)
        report[mode] = {
            "short": losses(model, SHORT_ROWS, SHORT),
            "long": losses(model, LONG_ROWS, LONG),
            "recall": recall_by_distance(model, RECALL_ROWS),
        }
    report["selection"] = selection(model)
    report["boundary_ties"] = boundary_ties(model)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
