import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { createModel } from "../../engine/createModel.ts";
import type { Run } from "../../engine/index.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { tokens } from "../../widgets/index.ts";
import { lendBackend } from "./lendBackend.ts";
import { tinyFolder } from "./openModel.ts";

const TEMPLATE =
  "{{ bos_token }}{% for m in messages %}{% for c in m.tool_calls %}{{ '[TOOL_CALLS]' + (c.function | tojson) + eos_token }}{% endfor %}{{ m.content }}{% endfor %}";

/** The bundled model, with a mark of calls in the place of its token for padding. */
async function openTools() {
  const json = async (name: string) =>
    JSON.parse(
      (await readFile(`${tinyFolder}${name}`, "utf8")).replaceAll("<｜▁pad▁｜>", "[TOOL_CALLS]"),
    );
  const tokenizer = new Tokenizer({
    tokenizer: await json("tokenizer.json"),
    tokenizerConfig: { ...(await json("tokenizer_config.json")), chat_template: TEMPLATE },
  });
  const checkpoint = await openCheckpoint(tinyFolder);
  try {
    return await createModel(checkpoint, { tokenizer, backend: await lendBackend("cpu") });
  } finally {
    await checkpoint.close();
  }
}

test("a run tells which tokens are of a call, of its prompt and of what it generated, and its picture has them as blocks", async () => {
  const model = await openTools();
  const call = { name: "add", arguments: { a: 2 } };
  const conversation = [
    { role: "user", content: "2?" },
    { role: "assistant", content: "", toolCalls: [call] },
  ];
  const ids = model.tokenizer.encodeChat(conversation, { addGenerationPrompt: false });
  const mark = model.tokenizer.tokenId("[TOOL_CALLS]") ?? -1;
  const [start, end] = [ids.indexOf(mark), ids.length - 1];
  assert.ok(start > 0 && end > start + 3, "the call, then what ends the message");
  const callOf = ({ tokens: all }: Run) => all.map(({ toolCall }) => toolCall);
  const wanted = ids.map((_, t) => (t >= start && t < end ? 0 : undefined));
  const run = await model.run(ids);
  assert.deepEqual(callOf(run), wanted);
  const picture = tokens(run);
  assert.deepEqual(picture.get("blocks"), [{ kind: "tool call", start, end }]);
  const { columns } = await picture.table("tokens");
  const column = columns.find(({ name }) => name === "tool call");
  assert.deepEqual(
    column?.values,
    wanted.map((it) => it ?? null),
  );

  // The mark at its end: what comes behind it is of the call too.
  const generation = model.generate([...ids, mark], {
    maxTokens: 3,
    temperature: 0,
    ignoreEos: true,
  });
  const made: number[] = [];
  for await (const { id } of generation) made.push(id);
  const ended = made.findIndex((id) => model.tokenizer.eosIds.includes(id));
  const inCall = made.slice(0, ended < 0 ? undefined : ended).map(() => 1);
  assert.ok(inCall.length > 0);
  assert.deepEqual(callOf(generation.run).slice(ids.length, ids.length + 1 + inCall.length), [
    1,
    ...inCall,
  ]);
  model.dispose();
});
