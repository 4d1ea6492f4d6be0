"""YaRN: rotary frequencies for contexts longer than those of training (arXiv:2309.00071, section 3.2), as transformers computes them."""

import math

import torch
from torch import Tensor


def plain_frequencies(size: int, theta: float) -> Tensor:
    """Radians per position of each rotated pair (size / 2,), without scaling."""
    return theta ** (-torch.arange(0, size, 2).float() / size)


def rope_frequencies(config: dict) -> Tensor:
    """Radians per position of each rotated pair (qk_rope_head_dim / 2,), by `rope_theta` and `rope_scaling`.

    Pairs that turn more than `beta_fast` times within the original context keep their frequency, those that turn less than
    `beta_slow` times are slowed by `factor`, and the pairs between are blended.
    """
    size, theta, scaling = config["qk_rope_head_dim"], config["rope_theta"], config["rope_scaling"]
    plain = plain_frequencies(size, theta)
    if scaling is None:
        return plain

    def pair_of_turns(turns: float) -> float:
        length = scaling["original_max_position_embeddings"]
        return size * math.log(length / (2 * math.pi * turns)) / (2 * math.log(theta))

    low = max(math.floor(pair_of_turns(scaling["beta_fast"])), 0)
    high = min(math.ceil(pair_of_turns(scaling["beta_slow"])), size - 1)
    slowed = ((torch.arange(size // 2) - low) / max(high - low, 0.001)).clamp(0, 1)
    return plain * (1 - slowed) + plain / scaling["factor"] * slowed


def softmax_magnitude(config: dict) -> float:
    """What the scale of attention's scores is multiplied by twice: 1 without scaling."""
    scaling = config["rope_scaling"]
    if scaling is None or scaling["factor"] <= 1:
        return 1.0
    return 0.1 * scaling["mscale_all_dim"] * math.log(scaling["factor"]) + 1
