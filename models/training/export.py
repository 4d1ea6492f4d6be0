"""Writes a training checkpoint as a Hugging Face folder in bfloat16, or with its projections in FP8.

    python export.py run/last.pt out/tiny
    python export.py run-sparse/last.pt ../tiny-v32 --fp8
    python export.py zero/step0300.pt ../tiny-zero --tokenizer zero/tokenizer.json --opens-thinking
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing

from batches import DATA
from checkpoint_names import unstack_experts
from fp8 import QUANTIZATION_CONFIG, quantize_state
from vocabulary import BOS, BOS_ID, CHAT_TEMPLATE, EOS, EOS_ID, PAD, PAD_ID, THINKING_CHAT_TEMPLATE


def stored(name: str, tensor: torch.Tensor) -> torch.Tensor:
    """bfloat16, but for the selection bias, which DeepSeek keeps in float32."""
    return tensor.float() if "e_score_correction_bias" in name else tensor.bfloat16()


def begin_every_text(tokenizer: Tokenizer) -> Tokenizer:
    """transformers 5 takes no other word for it than the post-processor's."""
    tokenizer.post_processor = TemplateProcessing(
        single=f"{BOS} $A", pair=f"{BOS} $A {BOS}:1 $B:1", special_tokens=[(BOS, BOS_ID)]
    )
    return tokenizer


def write_json(path: Path, value: dict) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False), encoding="utf8")


def export(checkpoint: dict, out: Path, tokenizer: Path, chat_template: str, fp8: bool) -> None:
    out.mkdir(parents=True, exist_ok=True)
    state = {name: stored(name, tensor) for name, tensor in unstack_experts(checkpoint["state"]).items()}
    config = checkpoint["config"] | {"torch_dtype": "bfloat16"}
    if fp8:
        state = quantize_state(state)
        config["quantization_config"] = QUANTIZATION_CONFIG
    save_file(state, out / "model.safetensors", metadata={"format": "pt"})
    write_json(out / "config.json", config)
    begin_every_text(Tokenizer.from_file(str(tokenizer))).save(str(out / "tokenizer.json"))
    write_json(
        out / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": BOS,
            "eos_token": EOS,
            "pad_token": PAD,
            "model_max_length": config["max_position_embeddings"],
            "chat_template": chat_template,
        },
    )
    write_json(
        out / "generation_config.json",
        {
            "bos_token_id": BOS_ID,
            "eos_token_id": EOS_ID,
            "pad_token_id": PAD_ID,
            "do_sample": True,
            "temperature": 0.7,
            "top_k": 0,
            "top_p": 0.95,
        },
    )
    size = (out / "model.safetensors").stat().st_size
    print(f"{out}: {len(state)} tensors, {size / 1e6:.2f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tokenizer", type=Path, default=DATA / "tokenizer.json")
    parser.add_argument("--opens-thinking", action="store_true", help="the template writes <think> before a reply")
    parser.add_argument("--fp8", action="store_true", help="projections as float8 with a scale for each block")
    arguments = parser.parse_args()
    template = THINKING_CHAT_TEMPLATE if arguments.opens_thinking else CHAT_TEMPLATE
    export(torch.load(arguments.checkpoint), arguments.out, arguments.tokenizer, template, arguments.fp8)


if __name__ == "__main__":
    main()
