"""float8 e4m3 weights with one float32 scale for each block of 128 x 128, as DeepSeek stores them."""

import torch
from torch import Tensor

BLOCK = 128
LARGEST = 448.0
"""Of float8 e4m3."""
SCALE = "_scale_inv"
QUANTIZATION_CONFIG = {
    "activation_scheme": "dynamic",
    "fmt": "e4m3",
    "quant_method": "fp8",
    "weight_block_size": [BLOCK, BLOCK],
}
NOT_QUANTIZED = ("eh_proj", "weights_proj")
QUANTIZED_ENDS = ("_proj.weight", "_proj_with_mqa.weight", "indexer.wq_b.weight", "indexer.wk.weight")


def is_quantized(name: str) -> bool:
    """Projections of attention, experts and indexers; not embedding, head, norms, routers, and the indexer's head weights."""
    return name.endswith(QUANTIZED_ENDS) and not any(part in name for part in NOT_QUANTIZED)


def quantize(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Codes of the weight's shape and scales (rows / 128, columns / 128), rounded up; a weight is its code times its scale."""
    rows, columns = weight.shape
    scales = torch.zeros(-(-rows // BLOCK), -(-columns // BLOCK))
    codes = torch.zeros(rows, columns, dtype=torch.float8_e4m3fn)
    for i in range(scales.shape[0]):
        for j in range(scales.shape[1]):
            block = (slice(i * BLOCK, (i + 1) * BLOCK), slice(j * BLOCK, (j + 1) * BLOCK))
            scale = weight[block].abs().max().clamp(min=1e-12) / LARGEST
            scales[i, j] = scale
            codes[block] = (weight[block] / scale).to(torch.float8_e4m3fn)
    return codes, scales


def quantize_state(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Checkpoint names to the same names with `_scale_inv` beside what is quantised."""
    out: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if is_quantized(name):
            out[name], out[name + SCALE] = quantize(tensor.float())
        else:
            out[name] = tensor
    return out


def dequantize_state(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """float32 weights of a stored state, quantised or not; each code times its scale, rounded once."""
    out: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if name.endswith(SCALE):
            continue
        scales = state.get(name + SCALE)
        if scales is None:
            out[name] = tensor.float()
            continue
        rows, columns = tensor.shape
        each = scales.double().repeat_interleave(BLOCK, 0).repeat_interleave(BLOCK, 1)[:rows, :columns]
        out[name] = (tensor.double() * each).float()
    return out
