"""Golden values of an exported folder, computed by transformers in float32, for tests of other implementations.

    python make_golden.py ../tiny > golden.json

transformers must know the layer of multi-token prediction: version 5.18 does, once told to leave it out of the main model.
"""

import json
import sys

import torch
from transformers import AutoTokenizer, DeepseekV3ForCausalLM
from transformers.modeling_layers import MtpModel

from vocabulary import BOS_ID

PROMPTS = [
    "<｜User｜>7+5-3+8=?<｜Assistant｜><think>",
    "<｜User｜>Tell me a story about Lily the owl and a red kite.<｜Assistant｜>",
    "And God said, Let there be",
]
NEW_TOKENS = 24


def rounded(values) -> list[float]:
    return [round(value, 5) for value in values.tolist()]


def top5(logits: torch.Tensor) -> list[list]:
    top = logits.topk(5)
    return [top.indices.tolist(), rounded(top.values)]


class Recorder:
    """Keeps the routes of the last forward pass, by layer."""

    def __init__(self, model: DeepseekV3ForCausalLM):
        self.routes: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        for index, layer in enumerate(model.model.layers):
            if hasattr(layer.mlp, "gate"):
                layer.mlp.gate.register_forward_hook(self._hook(index))

    def _hook(self, layer: int):
        def keep(_module, _arguments, output):
            self.routes[layer] = (output[1], output[2])  # weights, indices

        return keep

    def last_token(self) -> dict[int, dict[int, float]]:
        return {
            layer: dict(sorted(zip(indices[-1].tolist(), rounded(weights[-1]))))
            for layer, (weights, indices) in self.routes.items()
        }


def draft(further: MtpModel, hidden: torch.Tensor, ids: list[int], next_id: int) -> torch.Tensor:
    """Logits of the token after next, at the last position."""
    embedding = further.embed_tokens(torch.tensor([[*ids[1:], next_id]]))
    positions = torch.arange(1, len(ids) + 1)[None]
    mask = torch.full((len(ids), len(ids)), float("-inf")).triu(1)[None, None]
    out = further.layers[0](
        embedding,
        hidden,
        position_embeddings=further.rotary_emb(embedding, position_ids=positions),
        attention_mask=mask,
        position_ids=positions,
        past_key_values=None,
    )
    return further._project_to_logits(out)[0, -1]


@torch.no_grad()
def golden(prompt: str, tokenizer, model: DeepseekV3ForCausalLM, further: MtpModel, recorder: Recorder) -> dict:
    ids = [BOS_ID, *tokenizer(prompt, add_special_tokens=False).input_ids]
    batch = torch.tensor([ids])
    out = model(batch, output_hidden_states=True, output_attentions=True)
    routes = recorder.last_token()
    last = out.logits[0, -1]
    generated = model.generate(batch, max_new_tokens=NEW_TOKENS, do_sample=False)[0, len(ids) :].tolist()
    return {
        "prompt": prompt,
        "ids": ids,
        "last_logits": rounded(last),
        "top5": top5(last),
        "argmax_per_position": out.logits[0].argmax(-1).tolist(),
        "greedy": generated,
        "greedy_text": tokenizer.decode(generated),
        "final_hidden_last": rounded(out.hidden_states[-1][0, -1]),
        "hidden_norm_per_layer": [round(states[0, -1].norm().item(), 5) for states in out.hidden_states],
        "routing_last_token": routes,
        "attention_last_row_layer0": [rounded(head[-1]) for head in out.attentions[0][0]],
        "mtp_top5": top5(draft(further, out.hidden_states[-1], ids, int(last.argmax()))),
    }


def main(folder: str) -> None:
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = DeepseekV3ForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    model._keys_to_ignore_on_load_unexpected = [rf"model\.layers\.{model.config.num_hidden_layers}.*"]
    further = MtpModel.from_pretrained(model)
    recorder = Recorder(model)
    values = [golden(prompt, tokenizer, model, further, recorder) for prompt in PROMPTS]
    json.dump(values, sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main(sys.argv[1])
