"""Multi-head latent attention (arXiv:2405.04434, section 2.1), with decoupled rotary keys."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from yarn import softmax_magnitude


class RMSNorm(nn.Module):
    """Scales rows to unit mean square, then by a learned weight per dimension."""

    def __init__(self, size: int, eps: float = 1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight, self.eps)


def linear(inputs: int, outputs: int) -> nn.Linear:
    """A matrix without bias: the model has none."""
    return nn.Linear(inputs, outputs, bias=False)


def rope_table(positions: int, frequencies: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine and sine of every position's angles, each (positions, rotated pairs)."""
    angles = torch.outer(torch.arange(positions).float(), frequencies)
    return angles.cos(), angles.sin()


def rotate_pairs(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotates neighbouring dimensions as pairs; the result lists all first halves, then all second halves."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.cat([even * cos - odd * sin, odd * cos + even * sin], -1)


class LatentAttention(nn.Module):
    """Keys and values of all heads come from one latent vector per token, and one rotary key serves all heads."""

    def __init__(self, config: dict):
        super().__init__()
        hidden = config["hidden_size"]
        self.n_heads = config["num_attention_heads"]
        self.nope_size = config["qk_nope_head_dim"]
        self.rope_size = config["qk_rope_head_dim"]
        self.value_size = config["v_head_dim"]
        self.latent_size = config["kv_lora_rank"]
        query_size = self.nope_size + self.rope_size
        self.scale = query_size**-0.5 * softmax_magnitude(config) ** 2
        self.q_a_proj = linear(hidden, config["q_lora_rank"])
        self.q_a_layernorm = RMSNorm(config["q_lora_rank"])
        self.q_b_proj = linear(config["q_lora_rank"], self.n_heads * query_size)
        self.kv_a_proj_with_mqa = linear(hidden, self.latent_size + self.rope_size)
        self.kv_a_layernorm = RMSNorm(self.latent_size)
        self.kv_b_proj = linear(self.latent_size, self.n_heads * (self.nope_size + self.value_size))
        self.o_proj = linear(self.n_heads * self.value_size, hidden)

    def queries(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(batch, heads, T, nope + rope), rotated."""
        return self._rotated_queries(self.q_a_layernorm(self.q_a_proj(x)), cos, sin)

    def _rotated_queries(self, query_latent: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        split = self._heads(self.q_b_proj(query_latent)).split([self.nope_size, self.rope_size], -1)
        return torch.cat([split[0], rotate_pairs(split[1], cos.unsqueeze(1), sin.unsqueeze(1))], -1)

    def latents(self, x: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
        """What is cached of each token: the normalised latent (batch, T, C) and the rotated key (batch, T, rope)."""
        latent, rope_key = self.kv_a_proj_with_mqa(x).split([self.latent_size, self.rope_size], -1)
        return self.kv_a_layernorm(latent), rotate_pairs(rope_key, cos, sin)

    def keys_and_values(self, latent: Tensor, rope_key: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, heads, S, nope + rope) and (batch, heads, S, value)."""
        expanded = self._heads(self.kv_b_proj(latent))
        nope_key, value = expanded.split([self.nope_size, self.value_size], -1)
        shared = rope_key.unsqueeze(1).expand(-1, self.n_heads, -1, -1)
        return torch.cat([nope_key, shared], -1), value

    def keys(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(batch, heads, T, nope + rope), rotated."""
        return self.keys_and_values(*self.latents(x, cos, sin))[0]

    def forward(
        self,
        x: Tensor,
        cos: Tensor,
        sin: Tensor,
        cache: list | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        batch, length, _ = x.shape
        query = self.queries(x, cos, sin)
        latent, rope_key = self.latents(x, cos, sin)
        if cache is not None:
            if cache:
                latent = torch.cat([cache[0], latent], 1)
                rope_key = torch.cat([cache[1], rope_key], 1)
            cache[:] = [latent, rope_key]
        key, value = self.keys_and_values(latent, rope_key)
        missing = query.shape[-1] - self.value_size
        if missing > 0:  # values as wide as keys, so that PyTorch's fused CPU kernel applies
            value = F.pad(value, (0, missing))
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=mask is None, scale=self.scale)
        mixed = mixed[..., : self.value_size].transpose(1, 2).reshape(batch, length, -1)
        return self.o_proj(mixed)

    def _heads(self, flat: Tensor) -> Tensor:
        return flat.view(*flat.shape[:2], self.n_heads, -1).transpose(1, 2)
