"""Holds this model to golden values from transformers: logits, next tokens, routes and multi-token prediction.

    python check_golden.py ../tiny ../../test/fixtures/tiny/golden.json
"""

import json
import sys

import torch
from safetensors.torch import load_file

from checkpoint_names import stack_experts
from dense import Dense
from fp8 import dequantize_state
from model import DeepseekV3

TOLERANCE = 1e-3
"""Of logits of size 20, written with five decimals."""


def load_exported(folder: str) -> DeepseekV3 | Dense:
    """The model of an exported folder, computed in float32."""
    with open(f"{folder}/config.json", encoding="utf8") as file:
        config = json.load(file)
    model = Dense(config) if config["model_type"] == "llama" else DeepseekV3(config)
    state = dequantize_state(load_file(f"{folder}/model.safetensors"))
    model.load_state_dict(stack_experts(state))
    return model.eval()


@torch.no_grad()
def check(model: DeepseekV3 | Dense, golden: dict) -> float:
    """The largest difference of the last position's logits. Raises AssertionError where anything disagrees."""
    ids = torch.tensor([golden["ids"]])
    hidden = model.hidden(ids)
    logits = model.lm_head(hidden)[0]
    difference = (logits[-1] - torch.tensor(golden["last_logits"])).abs().max().item()
    assert difference < TOLERANCE, f"logits differ by {difference}"
    assert logits.argmax(-1).tolist() == golden["argmax_per_position"]
    if isinstance(model, Dense):
        return difference
    for layer, route in golden["routing_last_token"].items():
        mlp = model.model.layers[int(layer)].mlp
        assert sorted(mlp.last_index[-1].tolist()) == sorted(map(int, route)), f"routes of layer {layer}"
    next_ids = torch.cat([ids[:, 1:], logits[-1:].argmax(-1, keepdim=True)], 1)
    further = model.lm_head(model.predict_further(hidden, next_ids))[0, -1]
    expected_ids, expected_logits = golden["mtp_top5"]
    top = further.topk(5)
    assert top.indices.tolist() == expected_ids, "multi-token prediction"
    assert (top.values - torch.tensor(expected_logits)).abs().max().item() < TOLERANCE
    return difference


def main(folder: str, golden_path: str) -> None:
    torch.set_num_threads(1)
    model = load_exported(folder)
    with open(golden_path, encoding="utf8") as file:
        for golden in json.load(file):
            print(f"{check(model, golden):.1e}  {golden['prompt']!r}")


if __name__ == "__main__":
    main(*sys.argv[1:])
