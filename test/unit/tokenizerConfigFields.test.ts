import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { JsonObject } from "../../engine/base/json.ts";
import { addedTokens } from "../../engine/tokenizer/addedTokens.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";
import { TOKENIZER_CONFIG_FIELDS } from "../../engine/tokenizer/tokenizerConfigFields.ts";

const fixtures = new URL("../fixtures/tokenizer/", import.meta.url);
const read = (path: string) => JSON.parse(readFileSync(new URL(path, fixtures), "utf8"));
const gpt2: JsonObject = read("families/gpt2.json").tokenizer;

const made = (tokenizerConfig: JsonObject, tokenizer = gpt2): Tokenizer =>
  new Tokenizer({ tokenizer, tokenizerConfig });

test("every field that transformers knows has its fate, once", () => {
  const { fields } = read("tokenizer_config_fields.json") as { fields: string[] };
  assert.ok(fields.length > 60);
  const names = TOKENIZER_CONFIG_FIELDS.map(({ name }) => name);
  assert.deepEqual([...names].sort(), [...fields].sort());
  for (const { note } of TOKENIZER_CONFIG_FIELDS) assert.match(note, /^[A-Z].*\.$/);
});

test("fields without effect change no token, whatever they hold", () => {
  const text = " Hello <zz> world.\n\n12";
  const ids = made({}).encode(text);
  for (const { name, fate } of TOKENIZER_CONFIG_FIELDS)
    if (fate === "no effect")
      for (const value of [true, false, 7, "x", ["x"], { x: "y" }])
        assert.deepEqual(made({ [name]: value }).encode(text), ids, name);
});

test("fields that are refused say what to do", () => {
  const gpt2Class = { tokenizer_class: "GPT2Tokenizer" };
  const refusals: JsonObject[] = [
    { fix_mistral_regex: true },
    { fast_tokenizer_files: ["tokenizer.json", "tokenizer.4.0.json"] },
    { ...gpt2Class, add_prefix_space: true },
  ];
  for (const config of refusals)
    assert.throws(() => made(config), {
      code: "ERR_TOKENIZER",
      message: /^tokenizer_config\.json: expected .*save_pretrained/,
    });
  made({ fix_mistral_regex: false, fast_tokenizer_files: ["tokenizer.json"] });
  made({ ...gpt2Class, add_prefix_space: false });
  assert.deepEqual(made({ add_prefix_space: true }).encode("a"), made({}).encode("a"));
});

test("roles of the model's own are special tokens", () => {
  for (const name of ["eot_token", "fill_token", "middle_token", "prefix_token", "suffix_token"]) {
    const { named, tokens } = addedTokens({ tokenizer: gpt2, tokenizerConfig: { [name]: "<zz>" } });
    assert.equal(named.get(name), "<zz>");
    assert.ok(tokens.some(({ content, special }) => content === "<zz>" && special));
  }
  const tokenizerConfig = { model_specific_special_tokens: { image_token: "<zz>" } };
  assert.equal(addedTokens({ tokenizer: gpt2, tokenizerConfig }).named.get("image_token"), "<zz>");
});
