"""Golden values of a dense twin, computed by transformers in float32, for tests of other implementations.

    python make_dense_golden.py ../tiny-dense > ../../test/fixtures/tiny/golden-dense.json

Versions: Python 3.11, torch 2.13.0 (CPU), transformers 5.18.0.
"""

import json
import sys

import torch
from transformers import AutoTokenizer, LlamaForCausalLM

from make_golden import NEW_TOKENS, PROMPTS, rounded
from vocabulary import BOS_ID


@torch.no_grad()
def golden(prompt: str, tokenizer, model: LlamaForCausalLM) -> dict:
    ids = [BOS_ID, *tokenizer(prompt, add_special_tokens=False).input_ids]
    batch = torch.tensor([ids])
    out = model(batch, output_hidden_states=True, output_attentions=True)
    return {
        "prompt": prompt,
        "ids": ids,
        "last_logits": rounded(out.logits[0, -1]),
        "argmax_per_position": out.logits[0].argmax(-1).tolist(),
        "greedy": model.generate(batch, max_new_tokens=NEW_TOKENS, do_sample=False)[0, len(ids) :].tolist(),
        "attention_last_row_layer0": [rounded(head[-1]) for head in out.attentions[0][0]],
    }


def main(folder: str) -> None:
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    json.dump([golden(prompt, tokenizer, model) for prompt in PROMPTS], sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main(sys.argv[1])
