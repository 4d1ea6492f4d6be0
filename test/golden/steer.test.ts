import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { readEdits } from "../../engine/act/readEdits.node.ts";
import {
  add,
  loadRun,
  type Model,
  replayRecord,
  saveRun,
  steer,
  Tensor,
  writeSafetensors,
} from "../../engine/index.node.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { assertSameBits } from "./compare.ts";
import { openModel, tinyFolder } from "./openModel.ts";

const IDS = [5, 80, 200, 31, 7, 9];
const SITE = "blocks.2.hook_resid_post";

describe("steering", () => {
  let model: Model;
  let direction: Float64Array;
  before(async () => {
    model = (await openModel("cpu", tinyFolder)).model;
    direction = Float64Array.from({ length: 192 }, (_, i) => Math.sin(i));
  });
  after(() => model.dispose());

  const along = (by: number) => {
    const length = Math.hypot(...direction);
    return direction.map((x) => (x / length) * by);
  };

  it("goes as far along a direction as it says, whatever the direction's length", async () => {
    const wanted = await model.run(IDS, { edits: [add(SITE, along(-3), { position: [1, 4] })] });
    for (const length of [1, 2, 1e-3]) {
      const value = direction.map((x) => x * length);
      const run = await model.run(IDS, {
        edits: [steer(value, { site: SITE, strength: -3, position: [1, 4] })],
      });
      const { data } = run.logits;
      for (const [i, x] of wanted.logits.data.entries())
        assert.ok(Math.abs((data[i] ?? Number.NaN) - x) < 1e-4, `logit ${i}`);
    }
    const plain = await model.run(IDS);
    const none = await model.run(IDS, { edits: [steer(direction, { site: SITE, strength: 0 })] });
    assertSameBits(none.logits, plain.logits, "a strength of 0");
  });

  it("counts in the mean length of the rows of other runs, without their first", async () => {
    const runs = [await model.run(IDS), await model.run([3, 9, 4])];
    let [sum, count] = [0, 0];
    for (const run of runs) {
      const rows = await run.get(SITE);
      for (let t = 1; t < (rows.shape[0] ?? 0); t++, count++)
        sum += Math.hypot(...rows.row(t).data);
    }
    const run = await model.run(IDS, {
      edits: [steer(direction, { site: SITE, strength: 0.5, over: runs, position: -1 })],
    });
    const [told] = run.edits;
    assert.ok(told);
    const { unit, strength, kind } = told.edit as unknown as {
      unit: number;
      strength: number;
      kind: string;
    };
    assert.deepEqual([kind, strength], ["steer", 0.5]);
    assert.ok(Math.abs(unit - sum / count) < 1e-9 * unit);
    const [moved, plain] = [
      await run.get(SITE, { token: -1 }),
      await runs[0]?.get(SITE, { token: -1 }),
    ];
    const by = Math.hypot(...moved.data.map((x, i) => x - (plain?.data[i] ?? Number.NaN)));
    assert.ok(Math.abs(by - 0.5 * unit) < 1e-4 * unit, `${by}, not ${0.5 * unit}`);
    assert.deepEqual(told.positions, [5, 6]);
  });

  it("stands in records and in files, which do the same again", async (t) => {
    const folder = await temporaryFolder(t);
    const over = [await model.run(IDS)];
    const run = await model.run(IDS, {
      edits: [steer(direction, { site: SITE, strength: 2, over })],
    });
    await saveRun(run, join(folder, "record"));
    const read = await loadRun(join(folder, "record"));
    assert.deepEqual(JSON.parse(JSON.stringify(read.edits)), JSON.parse(JSON.stringify(run.edits)));
    assert.equal((await replayRecord(join(folder, "record"), model)).same, true);
    const unit = Number(run.edits[0]?.edit.unit);
    const vector = new Tensor(Float32Array.from(direction), [192]);
    await writeSafetensors(join(folder, "vectors.safetensors"), { calm: vector });
    const value = { file: "vectors.safetensors", tensor: "calm" };
    const json = [{ kind: "steer", site: SITE, value, strength: 2, unit }];
    await writeFile(join(folder, "edits.json"), JSON.stringify(json));
    const again = await model.run(IDS, { edits: await readEdits(join(folder, "edits.json")) });
    for (const [i, x] of run.logits.data.entries())
      assert.ok(Math.abs((again.logits.data[i] ?? Number.NaN) - x) < 1e-4);
    assert.deepEqual(again.edits[0]?.positions, [0, 6]);
  });

  it("goes over prompts together as alone, and over sites that a glob names", async () => {
    const edits = [steer(direction, { site: "blocks.*.hook_mlp_out", strength: 1 })];
    const alone = await model.run(IDS, { edits });
    assert.equal(alone.edits.length, 6);
    for await (const run of model.runAll([IDS, IDS], { edits }))
      assertSameBits(run.logits, alone.logits, "together");
  });

  it("is refused without a direction, a strength or rows to count in", async () => {
    const run = (edit: unknown) => model.run(IDS, { edits: [edit as never] });
    const at = { site: SITE, strength: 1 };
    await assert.rejects(
      run(steer(new Float64Array(192), at)),
      /a direction that is not zero, got zeros/,
    );
    await assert.rejects(
      run(steer(3, at)),
      /numbers of a row, or a Tensor, all of them finite as value/,
    );
    await assert.rejects(run(steer([1, 2], at)), /192 numbers/);
    await assert.rejects(
      run(steer(direction, { ...at, strength: Number.NaN })),
      /a finite number as strength/,
    );
    await assert.rejects(run(steer(direction, { ...at, over: [] })), /a list of runs as over/);
    await assert.rejects(
      run({ ...steer(direction, at), unit: 0 }),
      /a finite number above 0 as unit/,
    );
  });
});
