"""PyTorch, through transformers' own forward pass, as a contender of the bench (see protocol.ts).

Usage: python transformers.py '{"model": FOLDER, "threads": N, "promptTokens": N, "newTokens": N, "dtype": "float32"}'
"""

import json
import os
import resource
import sys
import time

sys.path.pop(0)  # the folder of this file, whose name is the package's

import torch  # noqa: E402
import transformers  # noqa: E402


def main() -> None:
    work = json.loads(sys.argv[1])
    answers = os.fdopen(3, "w", buffering=1)
    torch.set_num_threads(work["threads"])
    transformers.utils.logging.set_verbosity_error()
    dtype = getattr(torch, work["dtype"])
    started = time.perf_counter()
    model = transformers.AutoModelForCausalLM.from_pretrained(work["model"], dtype=dtype).eval()
    loaded = {
        "kind": "loaded",
        "seconds": time.perf_counter() - started,
        "program": f"PyTorch {torch.__version__}, transformers {transformers.__version__}",
        "device": f"CPU, {work['threads']} threads, {work['dtype']}",
    }
    print(json.dumps(loaded), file=answers)
    size = model.config.vocab_size
    prompt = torch.tensor([[(7919 * i + 13) % size for i in range(work["promptTokens"])]])
    with torch.inference_mode():
        for line in sys.stdin:
            if line.strip() != "round":
                continue
            started = time.perf_counter()
            out = model(prompt, use_cache=True, logits_to_keep=1)
            token = out.logits[:, -1:].argmax(-1)
            first = time.perf_counter()
            for _ in range(work["newTokens"]):
                out = model(token, past_key_values=out.past_key_values, use_cache=True)
                token = out.logits[:, -1:].argmax(-1)
            last = time.perf_counter()
            answer = {
                "kind": "round",
                "prefillSeconds": first - started,
                "decodeSeconds": last - first,
                "finishSeconds": 0,
            }
            print(json.dumps(answer), file=answers)
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"kind": "ended", "peakBytes": peak}), file=answers)


if __name__ == "__main__":
    main()
