"""Finds induction heads and previous-token heads by what they attend to."""

import torch
from torch import Tensor

from attention import LatentAttention
from dense import Dense, GroupedQueryAttention
from model import DeepseekV3
from vocabulary import BOS_ID, FIRST_ORDINARY_ID


def pattern(attention: LatentAttention | GroupedQueryAttention, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Attention weights after softmax (batch, heads, T, T)."""
    query = attention.queries(x, cos, sin)
    key = attention.keys(x, cos, sin)
    length = x.shape[1]
    future = torch.full((length, length), float("-inf")).triu(1)
    scores = query @ key.transpose(-1, -2) * attention.scale
    return (scores + future).softmax(-1)


@torch.no_grad()
def induction(model: DeepseekV3 | Dense, rows: int = 16, phrase_length: int = 60) -> dict:
    """Random phrases, each said twice: losses of both times, and each head's weight on the token after the first occurrence
    (induction) and on the token before (previous token)."""
    random = torch.Generator().manual_seed(0)
    vocabulary = model.config["vocab_size"]
    phrase = torch.randint(FIRST_ORDINARY_ID, vocabulary, (rows, phrase_length), generator=random)
    ids = torch.cat([torch.full((rows, 1), BOS_ID), phrase, phrase], 1)
    induction_scores: list[list[float]] = []
    previous_scores: list[list[float]] = []

    def measure(module: LatentAttention | GroupedQueryAttention, arguments: tuple, _output: Tensor) -> None:
        weights = pattern(module, *arguments[:3])
        second = torch.arange(phrase_length + 1, 2 * phrase_length)
        later = torch.arange(2, ids.shape[1])
        after_first = weights[:, :, second, second - phrase_length + 1].mean((0, 2))
        before = weights[:, :, later, later - 1].mean((0, 2))
        induction_scores.append([round(score, 2) for score in after_first.tolist()])
        previous_scores.append([round(score, 2) for score in before.tolist()])

    hooks = [layer.self_attn.register_forward_hook(measure) for layer in model.decoder_layers()]
    logits = model.lm_head(model.hidden(ids))
    for hook in hooks:
        hook.remove()
    losses = -logits[:, :-1].log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0]
    copied = logits[:, phrase_length + 1 : -1].argmax(-1) == ids[:, phrase_length + 2 :]
    return {
        "loss_first": round(losses[:, :phrase_length].mean().item(), 2),
        "loss_second": round(losses[:, phrase_length + 2 :].mean().item(), 2),
        "copy_accuracy": round(copied.float().mean().item(), 3),
        "induction_heads": induction_scores,
        "previous_token_heads": previous_scores,
    }
