"""The peer of the bench: transformers' eager decoding of the same checkpoint on the same threads.

Usage: python transformersPeer.py MODEL_FOLDER PROMPT_TOKENS NEW_TOKENS REPEATS THREADS
Prints one JSON object: versions, and per repeat the prefill and decode seconds.
"""

import json
import sys
import time
from pathlib import Path

import torch
import transformers


def main() -> None:
    folder, prompt_tokens, new_tokens, repeats, threads = Path(sys.argv[1]), *map(int, sys.argv[2:6])
    torch.set_num_threads(threads)
    transformers.utils.logging.set_verbosity_error()
    started = time.perf_counter()
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    load_seconds = time.perf_counter() - started
    vocabulary = model.config.vocab_size
    ids = torch.tensor([[(7919 * i + 13) % vocabulary for i in range(prompt_tokens)]])
    prefill, decode = [], []
    with torch.inference_mode():
        for _ in range(repeats + 1):
            started = time.perf_counter()
            out = model(ids, use_cache=True)
            prefill.append(time.perf_counter() - started)
            started = time.perf_counter()
            for _ in range(new_tokens):
                token = out.logits[:, -1:].argmax(-1)
                out = model(token, past_key_values=out.past_key_values, use_cache=True)
            decode.append(time.perf_counter() - started)
    print(
        json.dumps(
            {
                "torch": torch.__version__,
                "transformers": transformers.__version__,
                "loadSeconds": load_seconds,
                "prefillSeconds": prefill[1:],  # the first repeat warms up
                "decodeSeconds": decode[1:],
            }
        )
    )


if __name__ == "__main__":
    main()
