"""Latent attention over the keys that an indexer chooses, and what the indexer learns from it (arXiv:2512.02556, section 2.1)."""

import torch
import torch.nn.functional as F
from torch import Tensor

from attention import LatentAttention
from indexer import Indexer

QUERY_BLOCK = 256
"""Queries whose index scores are held at a time."""
DENSE, SPARSE = "dense", "sparse"


class SparseLatentAttention(LatentAttention):
    """Reads the `index_topk` keys with the largest index scores, or all of them while `mode` is dense.

    `taught_queries` above 0 sets `index_loss` in every forward pass: over so many random queries, the mean Kullback-Leibler
    divergence (nats) of the indexer's softmax from what attention reads, summed over heads and scaled to 1. The indexer
    sees its inputs detached, so that this loss moves nothing else.
    """

    def __init__(self, config: dict):
        super().__init__(config)
        self.indexer = Indexer(config)
        self.top_k = config["index_topk"]
        self.mode = SPARSE
        self.taught_queries = 0
        self.index_loss: Tensor | None = None

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, cache: list | None = None, mask: Tensor | None = None) -> Tensor:
        if cache is not None or mask is not None:
            raise ValueError("SparseLatentAttention: expected whole rows, got a cache or a mask. Decode with the engine.")
        batch, length, _ = x.shape
        query_latent = self.q_a_layernorm(self.q_a_proj(x))
        query = self._rotated_queries(query_latent, cos, sin)
        key, value = self.keys_and_values(*self.latents(x, cos, sin))
        inputs = (x.detach(), query_latent.detach(), cos, sin)
        chosen = None
        if self.mode == SPARSE and length > self.top_k:
            with torch.no_grad():
                chosen = self.chosen(*inputs)
        if self.taught_queries:
            self.index_loss = self._index_loss(inputs, query.detach(), key.detach(), chosen)
        value = F.pad(value, (0, query.shape[-1] - self.value_size))
        attended = None if chosen is None else chosen.unsqueeze(1)
        mixed = F.scaled_dot_product_attention(
            query, key, value, attn_mask=attended, is_causal=chosen is None, scale=self.scale
        )
        return self.o_proj(mixed[..., : self.value_size].transpose(1, 2).reshape(batch, length, -1))

    def chosen(self, x: Tensor, query_latent: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Which keys each query reads (batch, T, T), bool; all of its past while that is at most `index_topk`."""
        batch, length, _ = x.shape
        keys = self.indexer.keys(x, cos, sin)
        queries, weights = self.indexer.queries(x, query_latent, cos, sin)
        chosen = torch.ones(batch, length, length, dtype=torch.bool).tril()
        for start in range(self.top_k - self.top_k % QUERY_BLOCK, length, QUERY_BLOCK):
            end = min(start + QUERY_BLOCK, length)
            scores = self.indexer.scores(queries[:, start:end], weights[:, start:end], keys[:, :end])
            scores = scores.masked_fill(~chosen[:, start:end, :end], float("-inf"))
            best = scores.topk(self.top_k, -1, sorted=False)[1]
            chosen[:, start:end, :end] &= torch.zeros_like(scores, dtype=torch.bool).scatter_(-1, best, True)
        return chosen

    def _index_loss(self, inputs: tuple, query: Tensor, key: Tensor, chosen: Tensor | None) -> Tensor:
        x, query_latent, cos, sin = inputs
        length = x.shape[1]
        taken = torch.randperm(length)[: self.taught_queries].sort()[0]
        seen = torch.arange(length)[None] <= taken[:, None] if chosen is None else chosen[:, taken]
        dropped = ~seen.expand(x.shape[0], -1, -1)
        with torch.no_grad():
            scores = query[:, :, taken] @ key.transpose(-1, -2) * self.scale
            mass = scores.masked_fill(dropped.unsqueeze(1), float("-inf")).softmax(-1).mean(1)
        queries, weights = self.indexer.queries(x[:, taken], query_latent[:, taken], cos[:, taken], sin[:, taken])
        scores = self.indexer.scores(queries, weights, self.indexer.keys(x, cos, sin))
        log_shares = scores.masked_fill(dropped, -1e9).log_softmax(-1)
        return (mass * (mass.clamp(min=1e-12).log() - log_shares)).sum(-1).mean()
