"""Batched decoding with a budget for thinking."""

import torch
from torch import Tensor

from dense import Dense
from model import DeepseekV3
from vocabulary import EOS_ID, END_THINK_ID, PAD_ID, THINK_ID


class _Sequence:
    """One answer as it grows."""

    def __init__(self, prompt: list[int], budget: int | None):
        self.ids: list[int] = []
        self.is_thinking = prompt[-1] == THINK_ID
        self.thinking_tokens = 0
        self.is_done = False
        self.budget = budget

    def take(self, chosen: int) -> int:
        """Adds a token, or what stands in its place, and returns what the model reads next."""
        if self.is_done:
            return EOS_ID
        if self.budget is not None and self.is_thinking and self.thinking_tokens >= self.budget:
            chosen = END_THINK_ID
        if chosen == THINK_ID:
            self.is_thinking = True
        elif chosen == END_THINK_ID:
            self.is_thinking = False
        elif self.is_thinking:
            self.thinking_tokens += 1
        if chosen == EOS_ID:
            self.is_done = True
        else:
            self.ids.append(chosen)
        return chosen


@torch.no_grad()
def generate(
    model: DeepseekV3 | Dense,
    prompts: list[list[int]],
    max_tokens: int = 120,
    budget: int | None = None,
    temperature: float = 0.0,
    seed: int = 0,
) -> tuple[list[list[int]], list[int]]:
    """Answers to all prompts at once, and how many tokens of thinking each took.

    After `budget` tokens of thinking `</think>` is forced; None leaves the choice to the model. Temperature 0 is greedy.
    """
    random = torch.Generator().manual_seed(seed)
    longest = max(map(len, prompts))
    padding = torch.tensor([longest - len(prompt) for prompt in prompts])
    ids = torch.tensor([[PAD_ID] * (longest - len(prompt)) + prompt for prompt in prompts])
    cache: list[list] = [[] for _ in model.decoder_layers()]
    sequences = [_Sequence(prompt, budget) for prompt in prompts]
    start = 0
    for _ in range(max_tokens):
        positions, mask = left_padded(padding, start, ids.shape[1])
        logits = model.lm_head(model.hidden(ids, cache, positions, mask)[:, -1])
        start += ids.shape[1]
        if temperature == 0:
            chosen = logits.argmax(-1)
        else:
            chosen = torch.multinomial((logits / temperature).softmax(-1), 1, generator=random)[:, 0]
        taken = [sequence.take(token) for sequence, token in zip(sequences, chosen.tolist())]
        if all(sequence.is_done for sequence in sequences):
            break
        ids = torch.tensor(taken)[:, None]
    return [s.ids for s in sequences], [s.thinking_tokens for s in sequences]


def left_padded(padding: Tensor, start: int, length: int) -> tuple[Tensor, Tensor]:
    """Positions (batch, T) and mask (batch, 1, T, S) of columns `start` to `start + length`.

    A padding column sees itself alone, so that no softmax runs over nothing.
    """
    queries = torch.arange(start, start + length)
    keys = torch.arange(start + length)
    positions = (queries[None] - padding[:, None]).clamp(min=0)
    is_past = keys[None, None] <= queries[None, :, None]
    is_text = keys[None, None] >= padding[:, None, None]
    is_self = keys[None, None] == queries[None, :, None]
    return positions, (is_past & (is_text | is_self))[:, None]
