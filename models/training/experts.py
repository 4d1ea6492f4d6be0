"""DeepSeekMoE: routed experts chosen by a sigmoid gate with groups, beside one shared expert (arXiv:2412.19437)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from attention import linear


class FeedForward(nn.Module):
    """SwiGLU."""

    def __init__(self, hidden: int, width: int):
        super().__init__()
        self.gate_proj = linear(hidden, width)
        self.up_proj = linear(hidden, width)
        self.down_proj = linear(width, hidden)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class GroupedLinear(torch.autograd.Function):
    """`rows[of expert e] @ weights[e].T` for every expert at once; rows are sorted by expert.

    One multiplication per expert into a shared result, forward and backward, is what makes training on a CPU fast:
    PyTorch's own indexing would copy weights and gradients for each token.
    """

    @staticmethod
    def forward(ctx, rows: Tensor, weights: Tensor, ends: list[int]) -> Tensor:
        out = rows.new_empty(rows.shape[0], weights.shape[1])
        start = 0
        for expert, end in enumerate(ends):
            if end > start:
                torch.mm(rows[start:end], weights[expert].t(), out=out[start:end])
            start = end
        ctx.save_for_backward(rows, weights)
        ctx.ends = ends
        return out

    @staticmethod
    def backward(ctx, gradient: Tensor):
        rows, weights = ctx.saved_tensors
        rows_gradient = torch.empty_like(rows)
        weights_gradient = torch.empty_like(weights)
        start = 0
        for expert, end in enumerate(ctx.ends):
            if end > start:
                part = gradient[start:end]
                torch.mm(part, weights[expert], out=rows_gradient[start:end])
                torch.mm(part.t(), rows[start:end], out=weights_gradient[expert])
            else:
                weights_gradient[expert].zero_()
            start = end
        return rows_gradient, weights_gradient, None


class Gate(nn.Module):
    """Chooses experts by score plus bias, within the best groups, and weighs them by score alone."""

    def __init__(self, config: dict):
        super().__init__()
        self.config = config
        self.weight = nn.Parameter(torch.empty(config["n_routed_experts"], config["hidden_size"]))
        self.register_buffer("e_score_correction_bias", torch.zeros(config["n_routed_experts"]))
        self.last_scores: Tensor | None = None  # (rows, experts): of the last rows, with their gradient

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Expert indices and weights of each row, both (rows, k)."""
        scores = (x @ self.weight.t()).sigmoid()
        self.last_scores = scores
        with torch.no_grad():
            biased = self._keep_best_groups(scores + self.e_score_correction_bias)
            index = biased.topk(self.config["num_experts_per_tok"], -1, sorted=False)[1]
        weight = scores.gather(1, index)
        weight = weight / (weight.sum(-1, keepdim=True) + 1e-20)
        return index, weight * self.config["routed_scaling_factor"]

    def _keep_best_groups(self, biased: Tensor) -> Tensor:
        """Minus infinity for the experts of all groups but those whose best two scores add up highest."""
        n_groups = self.config["n_group"]
        if n_groups == 1:
            return biased
        grouped = biased.view(len(biased), n_groups, -1)
        group_scores = grouped.topk(2, -1)[0].sum(-1)
        kept = group_scores.topk(self.config["topk_group"], -1)[1]
        dropped = torch.ones(len(biased), n_groups, dtype=torch.bool).scatter_(1, kept, False)
        return grouped.masked_fill(dropped.unsqueeze(-1), float("-inf")).view(len(biased), -1)


def auxiliary_loss(scores: Tensor, counts: Tensor) -> Tensor:
    """`sum_i f_i P_i` over the experts i of one layer: 1 where the load is even, and more where it is not.

    `scores` is (rows, experts), and `counts` (experts) says how many routes each got. `f_i` is its share of the routes times the
    number of experts; `P_i` is its mean share of a row's scores. The gradient flows through `P_i` alone. The form is that of
    Switch Transformers (arXiv:2101.03961, section 2.2) and of DeepSeek-V2 (arXiv:2405.04434, section 2.2.3), here over all rows of a worker's step;
    the sigmoid scores are divided by their sum first, as DeepSeek-V3 has it (arXiv:2412.19437, equation 19).
    """
    load = counts.float() / counts.sum() * len(counts)
    probability = (scores / scores.sum(-1, keepdim=True)).mean(0)
    return (load * probability).sum()


class RoutedExperts(nn.Module):
    """All experts of a layer, stacked; gate and up projections lie one above the other."""

    def __init__(self, n_experts: int, hidden: int, width: int):
        super().__init__()
        self.gate_up_proj = nn.Parameter(torch.empty(n_experts, 2 * width, hidden))
        self.down_proj = nn.Parameter(torch.empty(n_experts, hidden, width))

    def forward(self, x: Tensor, index: Tensor, weight: Tensor, counts: Tensor) -> Tensor:
        experts_per_token = index.shape[1]
        order = index.flatten().argsort(stable=True)
        token = order // experts_per_token
        ends = counts.cumsum(0).tolist()
        gate, up = GroupedLinear.apply(x[token], self.gate_up_proj, ends).chunk(2, -1)
        out = GroupedLinear.apply(F.silu(gate) * up, self.down_proj, ends)
        return torch.zeros_like(x).index_add(0, token, out * weight.flatten()[order, None])


class MixtureOfExperts(nn.Module):
    def __init__(self, config: dict):
        super().__init__()
        hidden, width = config["hidden_size"], config["moe_intermediate_size"]
        self.n_experts = config["n_routed_experts"]
        self.gate = Gate(config)
        self.experts = RoutedExperts(self.n_experts, hidden, width)
        self.shared_experts = FeedForward(hidden, width * config["n_shared_experts"])
        self.last_index: Tensor | None = None  # (rows, k): the last routes taken
        self.last_counts: Tensor | None = None  # (experts): and how many tokens each expert got

    def forward(self, x: Tensor) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        index, weight = self.gate(rows)
        counts = torch.bincount(index.flatten(), minlength=self.n_experts)
        self.last_index, self.last_counts = index, counts
        return (self.experts(rows, index, weight, counts) + self.shared_experts(rows)).view_as(x)
