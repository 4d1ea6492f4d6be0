"""DeepSeek-V3 in plain PyTorch, made for fast training on a CPU.

Parameters have the names of a DeepSeek-V3 checkpoint, except that the routed experts of a layer are stacked
(see checkpoint_names.py).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from attention import LatentAttention, RMSNorm, linear, rope_table
from experts import FeedForward, MixtureOfExperts
from sparse_attention import SparseLatentAttention
from yarn import rope_frequencies

SPARE_POSITIONS = 8
"""Rows of the rope table beyond the context, for the tokens that multi-token prediction looks ahead."""


class DecoderLayer(nn.Module):
    def __init__(self, config: dict, index: int):
        super().__init__()
        hidden = config["hidden_size"]
        is_dense = index < config["first_k_dense_replace"]
        attention = SparseLatentAttention if "index_topk" in config else LatentAttention
        self.self_attn = attention(config)
        self.mlp = FeedForward(hidden, config["intermediate_size"]) if is_dense else MixtureOfExperts(config)
        self.input_layernorm = RMSNorm(hidden)
        self.post_attention_layernorm = RMSNorm(hidden)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, cache=None, mask=None) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, cache, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class NextTokenPrediction(DecoderLayer):
    """Predicts token t+2 from the final hidden state at t and the embedding of token t+1."""

    def __init__(self, config: dict, index: int):
        super().__init__(config, index)
        hidden = config["hidden_size"]
        self.enorm = RMSNorm(hidden)
        self.hnorm = RMSNorm(hidden)
        self.eh_proj = linear(2 * hidden, hidden)
        self.shared_head = nn.ModuleDict({"norm": RMSNorm(hidden)})

    def predict(self, hidden: Tensor, embedding: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        joined = torch.cat([self.enorm(embedding), self.hnorm(hidden)], -1)
        return self.shared_head["norm"](self(self.eh_proj(joined), cos, sin))


class DeepseekV3(nn.Module):
    def __init__(self, config: dict):
        super().__init__()
        self.config = config
        hidden, n_layers = config["hidden_size"], config["num_hidden_layers"]
        layers = [DecoderLayer(config, index) for index in range(n_layers)]
        if config["num_nextn_predict_layers"]:
            layers.append(NextTokenPrediction(config, n_layers))
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(config["vocab_size"], hidden)
        self.model.layers = nn.ModuleList(layers)
        self.model.norm = RMSNorm(hidden)
        self.lm_head = linear(hidden, config["vocab_size"])
        cos, sin = rope_table(
            config["max_position_embeddings"] + SPARE_POSITIONS, rope_frequencies(config)
        )
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self._initialize()

    def _initialize(self) -> None:
        """Embeddings with the config's deviation; other matrices with half the inverse root of their input size."""
        for parameter in self.parameters():
            if parameter is self.model.embed_tokens.weight:
                nn.init.normal_(parameter, std=self.config["initializer_range"])
            elif parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.5 * parameter.shape[-1] ** -0.5)

    def decoder_layers(self) -> list[DecoderLayer]:
        """Ascending, without that of multi-token prediction."""
        return list(self.model.layers[: self.config["num_hidden_layers"]])

    def moe_layers(self) -> list[MixtureOfExperts]:
        """Ascending; the last is that of multi-token prediction where there is one."""
        return [layer.mlp for layer in self.model.layers if isinstance(layer.mlp, MixtureOfExperts)]

    def hidden(
        self,
        ids: Tensor,
        cache: list[list] | None = None,
        positions: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        """Final hidden states (batch, T, M), after the last norm.

        For decoding, `cache` has one list per layer, `positions` is (batch, T), and `mask` (batch, 1, T, cached + T) says
        what each query may see.
        """
        if positions is None:
            positions = torch.arange(ids.shape[1])[None]
        cos, sin = self.cos[positions], self.sin[positions]
        x = self.model.embed_tokens(ids)
        for index, layer in enumerate(self.decoder_layers()):
            x = layer(x, cos, sin, None if cache is None else cache[index], mask)
        return self.model.norm(x)

    def predict_further(self, hidden: Tensor, next_ids: Tensor) -> Tensor:
        """Hidden states that predict the token after `next_ids`; both inputs cover the same T positions."""
        length = hidden.shape[1]
        embedding = self.model.embed_tokens(next_ids)
        return self.model.layers[-1].predict(
            hidden, embedding, self.cos[None, :length], self.sin[None, :length]
        )

    def loss(
        self, rows: Tensor, weights: Tensor, further_weight: float
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Cross-entropy of the next token plus `further_weight` times that of the token after it.

        `rows` is (batch, T + 2) token ids and `weights`, of the same shape, how much each counts as a target. Returns the
        total, both parts (the second is 0 without multi-token prediction), and the next-token loss of every position (batch, T).
        """
        length = rows.shape[1] - 2
        hidden = self.hidden(rows[:, :length])
        if not self.config["num_nextn_predict_layers"]:
            main, per_token = self._cross_entropy(hidden, rows, weights, shift=1)
            return main, main.detach(), torch.zeros(()), per_token
        further = self.predict_further(hidden, rows[:, 1 : length + 1])
        main, per_token = self._cross_entropy(hidden, rows, weights, shift=1)
        extra, _ = self._cross_entropy(further, rows, weights, shift=2)
        return main + further_weight * extra, main.detach(), extra.detach(), per_token

    def _cross_entropy(self, hidden: Tensor, rows: Tensor, weights: Tensor, shift: int) -> tuple[Tensor, Tensor]:
        end = hidden.shape[1] + shift
        targets, target_weights = rows[:, shift:end], weights[:, shift:end]
        logits = self.lm_head(hidden).flatten(0, 1)
        losses = F.cross_entropy(logits, targets.flatten(), reduction="none").view(targets.shape)
        return (losses * target_weights).sum() / target_weights.sum(), losses.detach()

    def active_parameters(self, further: bool = False) -> float:
        """Parameters that one token uses, embedding rows aside; those of multi-token prediction if `further`."""
        share = self.config["num_experts_per_tok"] / self.config["n_routed_experts"]
        last_layer = f"model.layers.{self.config['num_hidden_layers']}."
        total = float(self.lm_head.weight.numel()) if further else 0.0
        for name, parameter in self.named_parameters():
            if name.startswith(last_layer) == further and "embed_tokens" not in name:
                total += parameter.numel() * (share if ".experts." in name else 1)
        return total
