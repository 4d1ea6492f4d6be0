import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createWebGpuBackend } from "../../engine/backend/webgpu/createWebGpuBackend.ts";
import type { WebGpuBackend } from "../../engine/backend/webgpu/webGpuBackend.ts";
import { requireNodeAdapter } from "../../engine/backend/webgpu/webgpuAdapter.node.ts";
import { Pcg32 } from "../../engine/generate/pcg32.ts";

const MOST = 64;

describe("the ranking of a row of logits on WebGPU", () => {
  let backend: WebGpuBackend;
  before(async () => {
    backend = await createWebGpuBackend(await requireNodeAdapter());
  });
  after(() => backend.dispose());

  /** Ranks the last of some rows, all but the last full of NaN. */
  async function rank(row: Float32Array, temperature: number, rows = 1) {
    const nVocab = row.length;
    const logits = backend.alloc([rows, nVocab], "f32", "logits");
    const x = backend.alloc([rows, nVocab], "f32", "x");
    const data = new Float32Array(rows * nVocab).fill(Number.NaN);
    data.set(row, (rows - 1) * nVocab);
    backend.write(x, 0, data);
    backend.execute([{ kind: "writeRows", x, cache: logits }], { nTokens: rows, start: 0 });
    const ranked = await backend.rankLastRow(logits, temperature);
    backend.free(logits);
    backend.free(x);
    return ranked;
  }

  const sum = (row: Float32Array, term: (shift: number) => number): number => {
    const max = row.reduce((a, b) => Math.max(a, b));
    return row.reduce((total, logit) => total + (logit === -Infinity ? 0 : term(logit - max)), 0);
  };
  const close = (got: number, expected: number): void =>
    assert.ok(Math.abs(got - expected) <= 3e-6 * Math.abs(expected) + 1e-30, `${got}, ${expected}`);

  const random = new Pcg32(3);
  const rowOf = (n: number, scale: number, step = 0): Float32Array =>
    Float32Array.from({ length: n }, () => {
      const value = scale * (random.nextFloat() - 0.5);
      return step === 0 ? value : step * Math.round(value / step);
    });

  for (const [what, row] of [
    ["one token", rowOf(1, 4)],
    ["fewer tokens than are ranked", rowOf(50, 4)],
    ["as many", rowOf(MOST, 4)],
    ["some hundreds", rowOf(777, 30)],
    ["many of them equal", rowOf(5000, 12, 0.5)],
    ["all of them equal", new Float32Array(3000).fill(-2.5)],
    ["large and small ones", rowOf(2000, 1e30)],
    ["a published vocabulary", rowOf(129_280, 25)],
    ["forbidden ones", rowOf(400, 8).map((logit, i) => (i % 8 ? -Infinity : logit))],
  ] as const)
    test(`of ${what} is the host's`, async () => {
      const expected = Array.from(row.keys())
        .sort((a, b) => (row[b] as number) - (row[a] as number) || a - b)
        .slice(0, MOST);
      for (const [temperature, rows] of [
        [0, 1],
        [0.6, 3],
        [2, 1],
      ] as const) {
        const ranked = await rank(row, temperature, rows);
        assert.ok(ranked);
        assert.deepEqual([...ranked.ids], expected);
        assert.deepEqual(
          [...ranked.logits],
          expected.map((id) => row[id]),
        );
        assert.equal(ranked.nVocab, row.length);
        close(ranked.total, sum(row, Math.exp));
        close(
          ranked.weightedShift,
          sum(row, (shift) => (shift < -80 ? 0 : shift * Math.exp(shift))),
        );
        const atTemperature = temperature === 0 ? 0 : sum(row, (s) => Math.exp(s / temperature));
        close(ranked.totalAtTemperature, atTemperature);
      }
    });

  test("is refused where a logit is no number, and where none is finite", async () => {
    for (const bad of [Number.NaN, Infinity]) {
      const row = rowOf(1000, 4);
      row[700] = bad;
      assert.equal(await rank(row, 1), null);
    }
    assert.equal(await rank(new Float32Array(300).fill(-Infinity), 1), null);
  });

  test("keeps no tensor", async () => {
    const before = backend.memory;
    await rank(rowOf(300, 4), 1);
    assert.deepEqual(backend.memory, before);
  });
});
