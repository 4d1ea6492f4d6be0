"""Between the stacked experts of training and the one tensor per expert of a DeepSeek checkpoint."""

import re

import torch
from torch import Tensor


def unstack_experts(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Training names to checkpoint names."""
    out: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if name.endswith(".experts.gate_up_proj"):
            base = name.removesuffix("gate_up_proj")
            for expert, stacked in enumerate(tensor):
                gate, up = stacked.chunk(2, 0)
                out[f"{base}{expert}.gate_proj.weight"] = gate.contiguous()
                out[f"{base}{expert}.up_proj.weight"] = up.contiguous()
        elif name.endswith(".experts.down_proj"):
            base = name.removesuffix("down_proj")
            for expert, matrix in enumerate(tensor):
                out[f"{base}{expert}.down_proj.weight"] = matrix.contiguous()
        else:
            out[name] = tensor.contiguous()
    return out


def stack_experts(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Checkpoint names to training names: the inverse of `unstack_experts`."""
    out: dict[str, Tensor] = {}
    experts: dict[str, dict[int, dict[str, Tensor]]] = {}
    for name, tensor in state.items():
        match = re.fullmatch(r"(.*\.experts\.)(\d+)\.(gate|up|down)_proj\.weight", name)
        if match:
            experts.setdefault(match[1], {}).setdefault(int(match[2]), {})[match[3]] = tensor
        else:
            out[name] = tensor
    for base, of_layer in experts.items():
        ordered = [of_layer[expert] for expert in range(len(of_layer))]
        out[f"{base}gate_up_proj"] = torch.stack([torch.cat([e["gate"], e["up"]]) for e in ordered])
        out[f"{base}down_proj"] = torch.stack([e["down"] for e in ordered])
    return out
