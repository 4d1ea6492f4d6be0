import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { extendContext } from "../../engine/model/extendContext.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";

const LLAMA = { model_type: "llama", max_position_embeddings: 16 };
const spec = (change: object = {}) => normalizeConfig({ ...LLAMA, ...change });
const rope_scaling = { rope_type: "yarn", factor: 4, original_max_position_embeddings: 16 };

describe("a prompt beyond the context", () => {
  test("is answered with the lines that would make it fit", () => {
    const advice = extendContext(spec(), 40);
    const [, lines] = /put ("rope_scaling": \{.*\}) into config\.json/.exec(advice) ?? [];
    assert.ok(lines, advice);
    assert.equal(spec(JSON.parse(`{${lines}}`)).contextLength, 48);
  });

  test("of a scaled model is answered with the factor that is to be raised", () => {
    assert.match(
      extendContext(spec({ rope_scaling }), 65),
      /raise the factor of the yarn .* 2 times/,
    );
    const linear = spec({ rope_scaling: { rope_type: "linear", factor: 2 } });
    assert.match(extendContext(linear, 65), /raise max_position_embeddings/);
  });

  test("cannot fit where positions are learned, nor through a GGUF file's metadata", () => {
    const gpt2 = normalizeConfig({ model_type: "gpt2" });
    assert.match(extendContext(gpt2, 2000), /learned no further positions/);
    assert.match(extendContext(spec({ dtype: "gguf" }), 40), /safetensors/);
  });
});

test("the context is what the scaling is made for, and max_position_embeddings at least", () => {
  assert.equal(spec({ rope_scaling }).contextLength, 64);
  assert.equal(spec({ rope_scaling, max_position_embeddings: 100 }).contextLength, 100);
  assert.equal(spec({ rope_scaling: { type: "dynamic", factor: 3 } }).contextLength, 48);
  assert.equal(spec({ rope_scaling: { type: "linear", factor: 3 } }).contextLength, 16);
});
