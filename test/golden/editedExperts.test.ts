import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  add,
  type Model,
  patch,
  project,
  type Run,
  replace,
  scale,
  zero,
} from "../../engine/index.ts";
import { FIXTURES, fixtureFolder, MIXED, openModel, promptOf } from "./openModel.ts";

const TOLERANCE = 1e-4;
type Row = readonly number[];

/** Every kind of edit at what the experts of a layer say, of every architecture that has experts, against arithmetic in float64. */
for (const folder of [...FIXTURES, MIXED])
  describe(`edits of what experts of ${folder} say`, async () => {
    const { model } = await openModel("cpu", fixtureFolder(folder));
    const [layer] = model.record.moeLayers;
    if (layer === undefined) {
      model.dispose();
      return;
    }
    test("change it as they say, and the layer's output is the weighted sum of that", async (t) => {
      t.after(() => model.dispose());
      await checkEdits(model, layer, promptOf(folder).slice(0, 9));
    });
  });

async function checkEdits(model: Model, layer: number, ids: number[]): Promise<void> {
  const site = `blocks.${layer}.mlp.hook_expert_out`;
  const plain = await model.run(ids, { capture: `blocks.${layer}.**` });
  const other = await model.run(ids.toReversed(), { capture: site });
  const before = await rowsOf(plain, site);
  const from = await rowsOf(other, site);
  const size = before[0]?.length ?? 0;
  const vector = Array.from({ length: size }, (_, i) => Math.sin(i));
  const direction = Array.from({ length: size }, (_, i) => Math.cos(i));
  const edited = await model.run(ids, {
    capture: `blocks.${layer}.**`,
    edits: [
      zero(site, { position: 2 }),
      scale(site, -0.5, { position: 3 }),
      add(site, vector, { position: 4 }),
      replace(site, vector, { position: 5 }),
      project(site, direction, { position: 6 }),
      patch(site, other, { from: [1, 2], to: [7, 8] }),
    ],
  });
  const dot = (a: Row, b: Row): number => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
  const along = dot(before[6] ?? [], direction) / dot(direction, direction);
  const wanted: Row[] = before.map((row, position) =>
    row.map((x, i) => {
      if (position === 2) return 0;
      if (position === 3) return -0.5 * x;
      if (position === 4) return x + (vector[i] ?? 0);
      if (position === 5) return vector[i] ?? 0;
      if (position === 6) return x - along * (direction[i] ?? 0);
      return position > 6 ? (from[position - 6]?.[i] ?? Number.NaN) : x;
    }),
  );
  assertNear(await rowsOf(edited, site), wanted, site);
  assertNear(
    await rowsOf(edited, `blocks.${layer}.hook_mlp_out`),
    await mixed(plain, layer, wanted),
    "what the layer adds",
  );
  for (const run of [plain, other, edited]) run.dispose();
}

/** What a layer adds: its experts by their weights, and the shared expert where there is one. */
async function mixed(run: Run, layer: number, said: readonly Row[]): Promise<Row[]> {
  const mlp = `blocks.${layer}.mlp`;
  const weights = await rowsOf(run, `${mlp}.hook_expert_weights`);
  const isShared = run.sites().some(({ name }) => name === `${mlp}.hook_shared_out`);
  const shared = isShared ? await rowsOf(run, `${mlp}.hook_shared_out`) : [];
  return said.map((row, position) => {
    const shares = weights[position] ?? [];
    const dModel = row.length / shares.length;
    return Array.from({ length: dModel }, (_, i) =>
      shares.reduce(
        (sum, share, choice) => sum + share * (row[choice * dModel + i] ?? Number.NaN),
        shared[position]?.[i] ?? 0,
      ),
    );
  });
}

async function rowsOf(run: Run, site: string): Promise<Row[]> {
  const tensor = await run.get(site);
  return Array.from({ length: tensor.shape[0] ?? 0 }, (_, i) => [...tensor.row(i).data]);
}

function assertNear(got: readonly Row[], wanted: readonly Row[], what: string): void {
  assert.equal(got.length, wanted.length);
  for (const [row, numbers] of wanted.entries())
    for (const [i, x] of numbers.entries()) {
      const difference = Math.abs((got[row]?.[i] ?? Number.NaN) - x);
      assert.ok(difference < TOLERANCE, `${what}, row ${row}, ${i}: ${got[row]?.[i]}, not ${x}`);
    }
}
