import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createModel, createReferenceBackend } from "../../engine/index.ts";
import { loadTokenizer } from "../../engine/tokenizer/loadTokenizer.node.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";

const folder = (path: string) => fileURLToPath(new URL(`../../${path}/`, import.meta.url));

test("a tokenizer of another checkpoint is named as the cause of an id beyond the embedding", async () => {
  const checkpoint = await openCheckpoint(folder("test/fixtures/hf-random/llama3"));
  const tokenizer = await loadTokenizer(folder("models/tiny"));
  const model = await createModel(checkpoint, { tokenizer, backend: createReferenceBackend() });
  await checkpoint.close();
  const text = "And God said";
  const foreign = tokenizer.encode(text).find((id) => id >= 97);
  const isNamed = {
    code: "ERR_TOKEN_ID",
    message: new RegExp(
      `from 0 to 96, as the embedding of llama3 has 97 rows, got the id ${foreign} for ".+"\\. The tokenizer\\.json belongs to another checkpoint`,
    ),
  };
  await assert.rejects(model.run(text), isNamed);
  assert.throws(() => model.generate(text), isNamed);
  assert.throws(() => model.chat([{ role: "user", content: text }]), { code: "ERR_TOKEN_ID" });
  await assert.rejects(model.run(tokenizer.encode(text)), isNamed);
  for (const id of [tokenizer.vocabularySize, -1, 0.5])
    await assert.rejects(model.run([3, id]), {
      code: "ERR_TOKEN_ID",
      message: `prompt: expected token ids from 0 to 96, got ${id}. Encode the text with model.tokenizer.`,
    });
  model.dispose();
});
