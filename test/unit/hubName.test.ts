import assert from "node:assert/strict";
import { test } from "node:test";
import { ggufModelOf, ggufModels, missingParts } from "../../engine/weights/gguf/ggufFiles.ts";
import { hubName } from "../../engine/weights/hub/hubName.ts";

const HUB = "https://hub.example:8080";
const named = (given: string) => hubName(given, HUB);
const main = { repository: "org/name", revision: "main" };

test("a model of the hub is found by its id, its address and what stands behind them", () => {
  const cases: [string, object][] = [
    ["org/name", main],
    ["org/name@v1.0", { ...main, revision: "v1.0" }],
    ["org/name@refs/pr/1", { ...main, revision: "refs/pr/1" }],
    ["org/name:Q4_K_M", { ...main, quant: "Q4_K_M" }],
    ["org/name:Q4_K_M@v1", { ...main, quant: "Q4_K_M", revision: "v1" }],
    ["org/name/sub/file.gguf@v1", { ...main, file: "sub/file.gguf", revision: "v1" }],
    ["https://huggingface.co/org/name", main],
    ["https://huggingface.co/org/name/", main],
    ["http://www.huggingface.co/org/name?library=transformers#files", main],
    ["huggingface.co/org/name", main],
    ["hf.co/org/name", main],
    ["hf.co/org/name:q8_0", { ...main, quant: "q8_0" }],
    ["hf://org/name", main],
    ["hf://models/org/name@v1", { ...main, revision: "v1" }],
    ["https://hub.example:8080/org/name", main],
    ["https://huggingface.co/org/name/tree/main", main],
    ["https://huggingface.co/org/name/tree/refs%2Fpr%2F1", { ...main, revision: "refs/pr/1" }],
    ["https://huggingface.co/org/name/blob/v1/config.json", { ...main, revision: "v1" }],
    [
      "https://hf.co/org/name/resolve/main/a/b%20c.gguf?download=true",
      { ...main, file: "a/b c.gguf" },
    ],
    ["gpt2", { ...main, repository: "openai-community/gpt2" }],
    ["gpt2-xl@v1", { repository: "openai-community/gpt2-xl", revision: "v1" }],
    ["https://huggingface.co/gpt2", { ...main, repository: "openai-community/gpt2" }],
    ["distilgpt2", { ...main, repository: "distilbert/distilgpt2" }],
  ];
  for (const [given, wanted] of cases) assert.deepEqual(named(given), wanted, given);
});

test("addresses of something else say what to type", () => {
  assert.match(
    String(named("https://huggingface.co/datasets/org/name")),
    /Expected a model.*org\/name/,
  );
  assert.match(
    String(named("https://huggingface.co/org/name/tree/v1/sub")),
    /address of sub in it\. Type org\/name@v1\.$/,
  );
  assert.match(
    String(named("https://huggingface.co/org/name/blob/main/sub/model.safetensors")),
    /Type org\/name\.$/,
  );
});

test("what is no name of the hub is none", () => {
  for (const given of [
    "",
    "tinny",
    "a/b/c",
    "org/name@../x",
    "https://example.com/org/name",
    "https://huggingface.co/",
    "https://huggingface.co/org/name/tree/../x.gguf",
    "org/name/resolve",
    "/org/name",
    "org/name:",
  ])
    assert.equal(named(given), null, given);
});

test("a GGUF model is chosen by what its name says of its quantization, parts and all", () => {
  const paths = [
    "README.md",
    "mmproj-model-Q8_0.gguf",
    "name-Q4_K_M.gguf",
    "name-q4_k_s.gguf",
    "name.Q8_0.gguf",
    "BF16/name-BF16-00002-of-00002.gguf",
    "BF16/name-BF16-00001-of-00002.gguf",
  ];
  const first = (quant: string) => ggufModels(paths, quant).map((model) => model.first);
  assert.deepEqual(first("Q4_K_M"), ["name-Q4_K_M.gguf"]);
  assert.deepEqual(first("q4_K_S"), ["name-q4_k_s.gguf"]);
  assert.deepEqual(first("Q4_K"), []);
  assert.deepEqual(first("Q8_0"), ["name.Q8_0.gguf"]);
  assert.deepEqual(ggufModels(paths, "BF16"), [
    {
      first: "BF16/name-BF16-00001-of-00002.gguf",
      all: ["BF16/name-BF16-00001-of-00002.gguf", "BF16/name-BF16-00002-of-00002.gguf"],
    },
  ]);
  assert.equal(ggufModels(paths).length, 4);
  const second = ggufModelOf(paths, "BF16/name-BF16-00002-of-00002.gguf");
  assert.equal(second?.first, "BF16/name-BF16-00001-of-00002.gguf");
  assert.equal(ggufModelOf(paths, "mmproj-model-Q8_0.gguf")?.all.length, 1);
  assert.equal(ggufModelOf(paths, "none.gguf"), null);
});

test("parts that are missing are named", () => {
  const all = ["m-00001-of-00003.gguf", "m-00003-of-00003.gguf"];
  assert.deepEqual(missingParts({ first: "m-00001-of-00003.gguf", all }), [
    "m-00002-of-00003.gguf",
  ]);
  assert.deepEqual(missingParts({ first: "m.gguf", all: ["m.gguf"] }), []);
});
