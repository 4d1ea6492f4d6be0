import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { loadModel } from "../../engine/index.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";

test("tiny-stories tells the story that its card shows, in ten sentences and an end", async (t) => {
  const model = await loadModel("tiny-stories", { backend: "cpu", threads: 1 });
  t.after(() => model.dispose());
  const content = "Write a story: Leo, kind mole, red bell, beach.";
  const reply = model.chat([{ role: "user", content }], { temperature: 0 });
  for await (const _ of reply);
  const told = reply.message.content ?? "";
  reply.run.dispose();
  const card = readFileSync(inRepository("models/tiny-stories/README.md"), "utf8");
  assert.ok(card.includes(content));
  const shown = card.split("\n").filter((line) => line.startsWith("> "));
  assert.equal(told, shown.map((line) => line.slice(2)).join(" "));
  assert.equal(told.split(/(?<=\.) /).length, 11);
});
