"""A dense twin of the default model: Llama's architecture with as many parameters as one token uses of `tiny`.

Parameters have the names of a Llama checkpoint.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from attention import RMSNorm, linear, rope_table
from config import CONFIG
from experts import FeedForward
from yarn import plain_frequencies

DENSE_CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": CONFIG["vocab_size"],
    "hidden_size": CONFIG["hidden_size"],
    "intermediate_size": 320,
    "num_hidden_layers": CONFIG["num_hidden_layers"],
    "num_attention_heads": 3,
    "num_key_value_heads": 1,
    "head_dim": 64,
    "hidden_act": "silu",
    "max_position_embeddings": CONFIG["max_position_embeddings"],
    "initializer_range": CONFIG["initializer_range"],
    "rms_norm_eps": CONFIG["rms_norm_eps"],
    "use_cache": True,
    "bos_token_id": CONFIG["bos_token_id"],
    "eos_token_id": CONFIG["eos_token_id"],
    "pad_token_id": CONFIG["pad_token_id"],
    "tie_word_embeddings": True,
    "rope_theta": CONFIG["rope_theta"],
    "rope_scaling": None,
    "attention_bias": False,
    "attention_dropout": 0.0,
    "mlp_bias": False,
}
"""The distillations of DeepSeek-R1 (arXiv:2501.12948, section 2.4) are Qwen2 and Llama models; of the two, Llama has no biases."""


def rotate_halves(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotates dimension i with dimension i + size / 2, as Llama's checkpoints have it."""
    first, second = x.chunk(2, -1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)


class GroupedQueryAttention(nn.Module):
    """Several query heads share one head of keys and values (arXiv:2305.13245).

    Written out: at this size PyTorch's fused kernel takes 1.6 times as long on a CPU, forward and backward.
    """

    def __init__(self, config: dict):
        super().__init__()
        hidden, size = config["hidden_size"], config["head_dim"]
        self.size = size
        self.queries_per_key = config["num_attention_heads"] // config["num_key_value_heads"]
        self.q_proj = linear(hidden, config["num_attention_heads"] * size)
        self.k_proj = linear(hidden, config["num_key_value_heads"] * size)
        self.v_proj = linear(hidden, config["num_key_value_heads"] * size)
        self.o_proj = linear(config["num_attention_heads"] * size, hidden)

    def queries(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(batch, heads, T, size), rotated."""
        return rotate_halves(self._heads(self.q_proj(x)), cos.unsqueeze(1), sin.unsqueeze(1))

    def keys(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(batch, heads, T, size), rotated; the same for all heads of a group."""
        return self._for_all_heads(self._own_keys(x, cos, sin))

    def forward(
        self,
        x: Tensor,
        cos: Tensor,
        sin: Tensor,
        cache: list | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        batch, length, _ = x.shape
        key, value = self._own_keys(x, cos, sin), self._heads(self.v_proj(x))
        if cache is not None:
            if cache:
                key, value = torch.cat([cache[0], key], 2), torch.cat([cache[1], value], 2)
            cache[:] = [key, value]
        scores = self.queries(x, cos, sin) @ self._for_all_heads(key).transpose(-1, -2) * self.size**-0.5
        if mask is None:
            mask = torch.ones(length, key.shape[2], dtype=torch.bool).tril(key.shape[2] - length)
        mixed = scores.masked_fill(~mask, float("-inf")).softmax(-1) @ self._for_all_heads(value)
        return self.o_proj(mixed.transpose(1, 2).reshape(batch, length, -1))

    def _own_keys(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        return rotate_halves(self._heads(self.k_proj(x)), cos.unsqueeze(1), sin.unsqueeze(1))

    def _for_all_heads(self, of_groups: Tensor) -> Tensor:
        return of_groups.repeat_interleave(self.queries_per_key, 1)

    def _heads(self, flat: Tensor) -> Tensor:
        return flat.view(*flat.shape[:2], -1, self.size).transpose(1, 2)


class DenseLayer(nn.Module):
    def __init__(self, config: dict):
        super().__init__()
        hidden = config["hidden_size"]
        self.self_attn = GroupedQueryAttention(config)
        self.mlp = FeedForward(hidden, config["intermediate_size"])
        self.input_layernorm = RMSNorm(hidden)
        self.post_attention_layernorm = RMSNorm(hidden)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, cache=None, mask=None) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, cache, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class Dense(nn.Module):
    """The head's matrix is that of the embedding."""

    def __init__(self, config: dict):
        super().__init__()
        self.config = config
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(config["vocab_size"], config["hidden_size"])
        self.model.layers = nn.ModuleList(DenseLayer(config) for _ in range(config["num_hidden_layers"]))
        self.model.norm = RMSNorm(config["hidden_size"])
        cos, sin = rope_table(config["max_position_embeddings"], plain_frequencies(config["head_dim"], config["rope_theta"]))
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self._initialize()

    def _initialize(self) -> None:
        """As the default model's: see `DeepseekV3`."""
        for parameter in self.parameters():
            if parameter is self.model.embed_tokens.weight:
                nn.init.normal_(parameter, std=self.config["initializer_range"])
            elif parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.5 * parameter.shape[-1] ** -0.5)

    def decoder_layers(self) -> list[DenseLayer]:
        return list(self.model.layers)

    def lm_head(self, hidden: Tensor) -> Tensor:
        """Logits (..., vocabulary)."""
        return F.linear(hidden, self.model.embed_tokens.weight)

    def hidden(
        self,
        ids: Tensor,
        cache: list[list] | None = None,
        positions: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        """Final hidden states (batch, T, M), after the last norm; arguments as those of `DeepseekV3.hidden`."""
        if positions is None:
            positions = torch.arange(ids.shape[1])[None]
        cos, sin = self.cos[positions], self.sin[positions]
        x = self.model.embed_tokens(ids)
        for index, layer in enumerate(self.model.layers):
            x = layer(x, cos, sin, None if cache is None else cache[index], mask)
        return self.model.norm(x)
