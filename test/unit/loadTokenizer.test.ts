import assert from "node:assert/strict";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { loadModel } from "../../engine/index.node.ts";
import { loadTokenizer } from "../../engine/tokenizer/loadTokenizer.node.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));
const tiny = fileURLToPath(new URL("../../models/tiny", import.meta.url));

async function folderWith(t: TestContext, files: Record<string, unknown>): Promise<string> {
  const folder = await temporaryFolder(t);
  for (const [name, content] of Object.entries(files))
    await writeFile(
      join(folder, name),
      typeof content === "string" || content instanceof Uint8Array
        ? content
        : JSON.stringify(content),
    );
  return folder;
}

const sentencePiece = async (): Promise<Uint8Array> =>
  gunzipSync(await readFile(join(fixtures, "tokenizer/sentencepiece/bpe.model.gz")));

test("special_tokens_map.json and added_tokens.json count", async (t) => {
  const folder = await folderWith(t, {
    "tokenizer.json": await readFile(join(tiny, "tokenizer.json")),
    "special_tokens_map.json": { bos_token: "<｜User｜>", eos_token: { content: "<new>" } },
    "added_tokens.json": { "<more>": 3073, "<new>": 3072 },
    "chat_template.jinja": "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}",
  });
  const tokenizer = await loadTokenizer(folder);
  assert.deepEqual([tokenizer.tokenId("<new>"), tokenizer.tokenId("<more>")], [3072, 3073]);
  assert.deepEqual(tokenizer.eosIds, [3072]);
  assert.equal(tokenizer.vocabularySize, 3074);
  assert.equal(tokenizer.tokenText(3073), "<more>");
  const messages = [{ role: "user", content: "a" }] as const;
  assert.equal(tokenizer.renderChat(messages), "<｜User｜>a<new>");
});

test("tokenizer.model loads where there is no tokenizer.json, and tokenizer.json goes before it", async (t) => {
  const folder = await folderWith(t, {
    "tokenizer.model": await sentencePiece(),
    "tokenizer_config.json": { tokenizer_class: "LlamaTokenizer", add_bos_token: true },
  });
  const tokenizer = await loadTokenizer(folder);
  assert.equal(tokenizer.vocabularySize, 900);
  assert.deepEqual([tokenizer.bosId, tokenizer.eosIds], [1, [2]]);
  assert.equal(tokenizer.encode("hello")[0], 1);
  assert.equal(tokenizer.decode(tokenizer.encode("hello"), { skipSpecialTokens: true }), "hello");
  await cp(join(tiny, "tokenizer.json"), join(folder, "tokenizer.json"));
  assert.equal((await loadTokenizer(folder)).vocabularySize, 3072);
});

test("vocab.json and merges.txt load by the model's kind", async (t) => {
  const folder = await folderWith(t, {
    "vocab.json": { a: 0, b: 1, ab: 2, Ġ: 3, "<|endoftext|>": 4 },
    "merges.txt": "#version: 0.2\na b\n",
    "config.json": { model_type: "gpt2" },
  });
  const tokenizer = await loadTokenizer(folder);
  assert.deepEqual(tokenizer.encode("ab a<|endoftext|>"), [2, 3, 0, 4]);
  assert.deepEqual(tokenizer.eosIds, [4]);
});

test("a vocabulary of another kind is named, with what to do", async (t) => {
  const tiktoken = "IQ== 0\nIg== 1\n";
  for (const [files, got] of [
    [{ "tokenizer.model": tiktoken }, /tokenizer\.model: .* got a tiktoken vocabulary/],
    [{ "qwen.tiktoken": tiktoken, "tekken.json": {} }, /got only qwen\.tiktoken, tekken\.json/],
    [{ "vocab.json": {} }, /got only vocab\.json/],
    [{}, /got none of them/],
  ] as const)
    await assert.rejects(
      folderWith(t, files).then(loadTokenizer),
      (error: Error & { code: string }) => {
        assert.equal(error.code, "ERR_TOKENIZER_MISSING");
        assert.match(error.message, got);
        assert.match(error.message, /save_pretrained, which writes tokenizer\.json\.$/);
        return true;
      },
    );
});

test("a model whose vocabulary is not understood takes token ids, and says why it takes no text", async (t) => {
  const folder = join(await temporaryFolder(t), "model");
  await cp(join(fixtures, "hf-random/qwen2"), folder, { recursive: true });
  await rm(join(folder, "tokenizer.json"), { force: true });
  await writeFile(join(folder, "qwen.tiktoken"), "IQ== 0\n");
  const model = await loadModel(folder, { backend: "cpu" });
  assert.equal((await model.run([1, 2])).tokens.length, 2);
  await assert.rejects(model.run("text"), {
    code: "ERR_TOKENIZER_MISSING",
    message: /only qwen\.tiktoken.*Or pass token ids instead of text\.$/,
  });
  model.dispose();
});
