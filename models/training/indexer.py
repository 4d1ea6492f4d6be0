"""The lightning indexer of DeepSeek-V3.2 (arXiv:2512.02556, section 2.1): few small heads that say which keys to read."""

import torch
from torch import Tensor, nn

from attention import linear

NORM_EPS = 1e-6


class Indexer(nn.Module):
    """Scores of keys for queries: a sum over heads of weight times ReLU of query times key, the key shared by all heads."""

    def __init__(self, config: dict):
        super().__init__()
        self.n_heads, self.head_size = config["index_n_heads"], config["index_head_dim"]
        self.rope_size = config["qk_rope_head_dim"]
        self.wq_b = linear(config["q_lora_rank"], self.n_heads * self.head_size)
        self.wk = linear(config["hidden_size"], self.head_size)
        self.k_norm = nn.LayerNorm(self.head_size, eps=NORM_EPS)
        self.weights_proj = linear(config["hidden_size"], self.n_heads)
        self.scale = self.head_size**-0.5 * self.n_heads**-0.5

    def keys(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(batch, S, size), rotated, from the input of attention (batch, S, M)."""
        return self._rotate(self.k_norm(self.wk(x)), cos, sin)

    def queries(self, x: Tensor, latent: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, T, heads, size), rotated, from the compressed query (batch, T, q_lora); and the heads' weights (batch, T, heads)."""
        flat = self.wq_b(latent).view(*latent.shape[:-1], self.n_heads, self.head_size)
        return self._rotate(flat, cos.unsqueeze(2), sin.unsqueeze(2)), self.weights_proj(x) * self.scale

    def scores(self, queries: Tensor, weights: Tensor, keys: Tensor) -> Tensor:
        """(batch, T, S), without a causal mask."""
        batch, length, heads, size = queries.shape
        products = queries.reshape(batch, length * heads, size) @ keys.transpose(1, 2)
        by_head = products.relu().view(batch * length, heads, -1)
        return torch.bmm(weights.reshape(-1, 1, heads), by_head).view(batch, length, -1)

    def _rotate(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """The first dimensions are rotated, as halves and not as neighbouring pairs."""
        rotated, plain = x.split([self.rope_size, self.head_size - self.rope_size], -1)
        first, second = rotated.chunk(2, -1)
        return torch.cat([first * cos - second * sin, second * cos + first * sin, plain], -1)
