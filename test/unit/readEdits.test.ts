import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { type Edit, type EditCase, editedFolders, readEdits } from "../fixtures/readEdits.ts";

const README = readFileSync(new URL("../fixtures/hf-random/README.md", import.meta.url), "utf8");

/** "| 88 | `gpt2`, `llama3` |" */
const counts = new Map(
  [...README.matchAll(/^\| (\d+) +\| (`.+`) *\|$/gm)].flatMap(([, count, names = ""]) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name = ""]) => [name, Number(count)] as const),
  ),
);

/** Tensors that edits take their values from. */
const tensorsOf = (edits: readonly Edit[]): string[] =>
  edits.flatMap((edit) => {
    const given = [
      "value" in edit ? edit.value : undefined,
      "pattern" in edit ? edit.pattern : undefined,
    ];
    return given.flatMap((value) =>
      typeof value === "object" && "tensor" in value ? [value.tensor] : [],
    );
  });

function checkCase({ name, ids, edits, generate, logitIds, outputs, values }: EditCase): void {
  assert.equal(ids.length, 12, name);
  assert.deepEqual([...values.keys()].sort(), tensorsOf(edits).sort(), name);
  const nRows = generate ?? ids.length;
  assert.deepEqual(outputs.get("hook_logits")?.shape, [nRows, logitIds.length], name);
  assert.equal(outputs.get("generated")?.data.length, generate, name);
  for (const [site, { shape, data }] of [...outputs, ...values]) {
    assert.equal(
      data.length,
      shape.reduce((a, b) => a * b, 1),
      `${name}: ${site}`,
    );
    const masked = site.endsWith("hook_attn_scores") ? Number.NEGATIVE_INFINITY : 0;
    assert.ok(
      data.every((x) => x === masked || Number.isFinite(x)),
      `${name}: ${site}`,
    );
  }
}

describe("edits of the random models", () => {
  it("are there for every model, as many as README.md says", async () => {
    assert.deepEqual([...counts.keys()].sort(), editedFolders());
    for (const folder of editedFolders()) {
      const cases = await readEdits(folder);
      assert.equal(cases.length, counts.get(folder), folder);
      assert.equal(new Set(cases.map(({ name }) => name)).size, cases.length, folder);
      for (const one of cases) checkCase(one);
    }
  });

  it("are of every kind", async () => {
    const edits = (await readEdits("deepseek_v3")).flatMap((one) => one.edits);
    const kinds = [...new Set(edits.map(({ kind }) => kind))].sort();
    const ofSites = ["add", "mean", "patch", "project", "replace", "scale", "zero"];
    assert.deepEqual(kinds, [...ofSites, "experts", "heads", "shiftPositions"].sort());
  });

  it("come with the experts of every row and the weight of each", async () => {
    const { outputs } = (await readEdits("mixtral")).find(
      ({ name }) => name === "experts more, some rows",
    ) as EditCase;
    const ids = outputs.get("blocks.0.mlp.hook_expert_indices");
    const weights = outputs.get("blocks.0.mlp.hook_expert_weights");
    assert.deepEqual(ids?.shape, [12, 3]);
    assert.deepEqual(weights?.shape, [12, 3]);
    const unused = [...ids.data].filter((id) => id < 0).length;
    assert.equal(unused, 12 - 3); // three rows have one more than the others
    for (const [i, id] of ids.data.entries()) assert.equal(weights.data[i] === 0, id < 0);
  });
});
