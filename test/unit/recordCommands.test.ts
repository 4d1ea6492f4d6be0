import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { loadModel } from "../../engine/index.node.ts";
import { withHome, withoutHome } from "../../engine/record/homePath.node.ts";
import { readRunRecord } from "../../engine/record/readRunRecord.node.ts";
import { resealRecord } from "../fixtures/resealRecord.ts";
import { runCommand } from "../fixtures/runCommand.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { fixtureFolder } from "../golden/openModel.ts";
import { forgetKernel, kernel } from "./widgetKernel.ts";

test("a record is verified and replayed from a shell, and what parts is said with exit code 1", async (t) => {
  const folder = join(await temporaryFolder(t), "run");
  const checkpoint = fixtureFolder("qwen3_moe");
  const model = await loadModel(checkpoint, { backend: "reference" });
  const generation = model.generate([5, 9, 21], { maxTokens: 3, ignoreEos: true });
  for await (const _ of generation);
  const id = await generation.run.save(folder);
  model.dispose();
  const verified = await runCommand(t, "verify", folder);
  assert.equal(verified.code, 0, verified.text);
  assert.match(verified.text, new RegExp(`run: whole\\. run ${id}, \\d+ files, \\d+ bytes\\n`));
  const replayed = await runCommand(t, "replay", folder);
  assert.equal(replayed.code, 0, replayed.text);
  assert.match(replayed.text, /the same bits in \d+ tensors, on reference\n/);
  await resealRecord(folder, (manifest) => {
    const content = manifest.content as { options: object };
    const options = { ...content.options, repetitionPenalty: 1e6 };
    return { ...manifest, content: { ...content, options } };
  });
  const parted = await runCommand(t, "replay", folder, "--model", checkpoint);
  assert.equal(parted.code, 1, parted.text);
  assert.match(
    parted.text,
    /expected the record's bits, got another number first in tokens, token [345]:/,
  );
  await writeFile(join(folder, "tokens.parquet"), "no table");
  const torn = await runCommand(t, "verify", folder);
  assert.equal(torn.code, 1);
  assert.match(torn.text, /run\/tokens\.parquet: expected \d+ bytes, got 8\./);
});

test("a record has the cell that asked for the run", async (t) => {
  const folder = join(await temporaryFolder(t), "run");
  t.after(forgetKernel);
  const { inCell } = kernel();
  const model = await loadModel(fixtureFolder("qwen3_moe"), { backend: "reference" });
  t.after(() => model.dispose());
  const asked = await inCell("a", () => model.run([5, 9]));
  await inCell("b", () => asked.save(folder));
  const { content } = await readRunRecord(folder);
  assert.deepEqual(content.source, { id: "a", source: "cell a" });
});

test("a record names no home folder, and is read in the reader's own", () => {
  assert.equal(withoutHome("/home/a/models/b", "/home/a"), "~/models/b");
  assert.equal(withHome("~/models/b", "/home/c"), "/home/c/models/b");
  for (const path of ["/home/ab/models", "/models", "tiny"]) {
    assert.equal(withoutHome(path, "/home/a"), path);
    assert.equal(withHome(path, "/home/a"), path);
  }
});
