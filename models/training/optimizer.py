"""Muon for matrices, AdamW for embedding, head, router and norms."""

import torch
from torch import Tensor

MUON_MOMENTUM = 0.95
NEWTON_SCHULZ_STEPS = 5
ADAM_BETAS = (0.9, 0.95)
ADAM_EPS = 1e-8
NOT_MUON = ("embed_tokens", "lm_head", "mlp.gate.weight")


def uses_muon(name: str, parameter: Tensor) -> bool:
    return parameter.dim() > 1 and not any(part in name for part in NOT_MUON)


def matrices_per_expert(name: str) -> int:
    """Gate and up projections lie one above the other in one tensor, and are two matrices to Muon."""
    return 2 if "gate_up" in name else 1


def orthogonalize(gradients: Tensor) -> Tensor:
    """Brings the singular values of a stack of matrices near 1 by a quintic Newton-Schulz iteration.

    The coefficients are those of Keller Jordan's Muon.
    """
    is_tall = gradients.shape[-2] > gradients.shape[-1]
    x = gradients.transpose(-1, -2) if is_tall else gradients
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.transpose(-1, -2)
        x = 3.4445 * x + torch.baddbmm(gram, gram, gram, beta=-4.7750, alpha=2.0315) @ x
    return x.transpose(-1, -2) if is_tall else x


class Optimizer:
    """Updates a share of the parameters with the mean of all workers' gradients."""

    def __init__(
        self,
        parameters: list[tuple[str, Tensor]],
        gradients: list[dict[str, Tensor]],
        muon_rate: float,
        adam_rate: float,
        decay: float = 0.05,
    ):
        """`gradients` has one dictionary of views per worker, by parameter name."""
        self.parameters = parameters
        self.gradients = gradients
        self.muon_rate = muon_rate
        self.adam_rate = adam_rate
        self.decay = decay
        self.steps = 0
        self.momentum = {name: torch.zeros_like(p) for name, p in parameters}
        self.square = {name: torch.zeros_like(p) for name, p in parameters if not uses_muon(name, p)}

    @torch.no_grad()
    def step(self, scale: float) -> None:
        """One update, with both learning rates times `scale`."""
        self.steps += 1
        updates: dict[torch.Size, list[tuple[Tensor, Tensor]]] = {}
        for name, parameter in self.parameters:
            gradient = sum(worker[name] for worker in self.gradients) / len(self.gradients)
            if uses_muon(name, parameter):
                matrices = self._muon_direction(name, gradient)
                updates.setdefault(matrices.shape[1:], []).append((parameter, matrices))
            else:
                self._adam(name, parameter, gradient, scale)
        for shape, items in updates.items():
            self._muon(shape, items, scale)

    def _muon_direction(self, name: str, gradient: Tensor) -> Tensor:
        """Nesterov momentum as a stack of matrices (matrices, rows, columns)."""
        momentum = self.momentum[name].mul_(MUON_MOMENTUM).add_(gradient)
        direction = gradient.add(momentum, alpha=MUON_MOMENTUM)
        if direction.dim() == 2:
            return direction[None]
        _, rows, columns = direction.shape
        return direction.view(-1, rows // matrices_per_expert(name), columns)

    def _muon(self, shape: torch.Size, items: list[tuple[Tensor, Tensor]], scale: float) -> None:
        """All matrices of one shape at once."""
        rate = self.muon_rate * scale
        joined = torch.cat([matrices for _, matrices in items])
        directions = orthogonalize(joined) * (0.2 * max(shape) ** 0.5)
        parts = directions.split([len(matrices) for _, matrices in items])
        for (parameter, _), direction in zip(items, parts):
            parameter.mul_(1 - rate * self.decay).add_(direction.reshape(parameter.shape), alpha=-rate)

    def _adam(self, name: str, parameter: Tensor, gradient: Tensor, scale: float) -> None:
        beta1, beta2 = ADAM_BETAS
        momentum = self.momentum[name].lerp_(gradient, 1 - beta1)
        square = self.square[name].lerp_(gradient * gradient, 1 - beta2)
        mean = momentum / (1 - beta1**self.steps)
        deviation = (square / (1 - beta2**self.steps)).sqrt() + ADAM_EPS
        parameter.add_(mean / deviation, alpha=-self.adam_rate * scale)

    def state(self) -> dict:
        return {"steps": self.steps, "momentum": self.momentum, "square": self.square}

    def load(self, state: dict) -> None:
        """Takes the share of `state` that this optimizer updates."""
        self.steps = state["steps"]
        for name, momentum in self.momentum.items():
            momentum.copy_(state["momentum"][name])
        for name, square in self.square.items():
            square.copy_(state["square"][name])


def update_cost(name: str, parameter: Tensor) -> float:
    """How long an update takes, in about the time of one AdamW element; to share updates fairly."""
    if not uses_muon(name, parameter):
        return parameter.numel()
    rows, columns = parameter.shape[-2:]
    if parameter.dim() == 3:
        rows //= matrices_per_expert(name)
    short, long = sorted((rows, columns))
    matrices = parameter.numel() / (short * long)
    flops = matrices * (20 * short * short * long + 10 * short**3)
    return flops / 20 + parameter.numel() * 3


def shares_of_updates(parameters: list[tuple[str, Tensor]], workers: int) -> list[list[tuple[str, Tensor]]]:
    """Splits the parameters among workers: the dearest first, each to whoever has least to do."""
    loads, shares = [0.0] * workers, [[] for _ in range(workers)]
    for item in sorted(parameters, key=lambda item: -update_cost(*item)):
        lightest = loads.index(min(loads))
        loads[lightest] += update_cost(*item)
        shares[lightest].append(item)
    return shares
