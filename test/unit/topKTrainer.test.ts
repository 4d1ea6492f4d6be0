import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Pcg32 } from "../../engine/generate/pcg32.ts";
import { TopKTrainer } from "../../scripts/dictionary/topKTrainer.ts";

const [WIDTH, TRUE_FEATURES] = [12, 8];

/** Rows that are sums of two of eight directions, and the directions. */
function rowsOf(random: Pcg32, directions: readonly Float64Array[], count: number): Float32Array {
  const rows = new Float32Array(count * WIDTH);
  for (let row = 0; row < count; row++)
    for (let part = 0; part < 2; part++) {
      const direction = directions[Math.floor(random.nextFloat() * TRUE_FEATURES)];
      const by = 1 + random.nextFloat();
      for (let i = 0; i < WIDTH; i++)
        rows[row * WIDTH + i] = (rows[row * WIDTH + i] as number) + by * (direction?.[i] ?? 0);
    }
  return rows;
}

describe("training a dictionary", () => {
  it("finds the directions that rows are sums of, and the same ones again", () => {
    const train = () => {
      const random = new Pcg32(5);
      const directions = Array.from({ length: TRUE_FEATURES }, () => {
        const row = Float64Array.from({ length: WIDTH }, () => random.nextFloat() - 0.5);
        const length = Math.hypot(...row);
        return row.map((x) => x / length);
      });
      const mean = new Float64Array(WIDTH);
      const options = { width: WIDTH, nFeatures: 16, k: 2, seed: 3, mean, deadAfter: 1000 };
      const trainer = new TopKTrainer(options);
      const losses = Array.from({ length: 1500 }, () =>
        trainer.step(rowsOf(random, directions, 32), 3e-3),
      );
      return { trainer, losses, directions };
    };
    const { trainer, losses, directions } = train();
    const late = losses.slice(-50).reduce((sum, x) => sum + x, 0) / 50;
    assert.ok(late < 0.1 * (losses[0] ?? 0), `${losses[0]} to ${late}`);
    const likeness = directions.map((direction) =>
      Math.max(
        ...Array.from({ length: 16 }, (_, f) =>
          direction.reduce((sum, x, i) => sum + x * (trainer.decoder[f * WIDTH + i] ?? 0), 0),
        ),
      ),
    );
    assert.ok(likeness.filter((cosine) => cosine > 0.9).length >= 6, likeness.join(" "));
    for (let f = 0; f < 16; f++) {
      const length = Math.hypot(...trainer.decoder.subarray(f * WIDTH, (f + 1) * WIDTH));
      assert.ok(Math.abs(length - 1) < 1e-5);
    }
    assert.deepEqual(train().losses.slice(-1), losses.slice(-1));
  });

  it("goes down the gradient: a small step lowers the loss by what the first order says", () => {
    const random = new Pcg32(9);
    const mean = Float64Array.from({ length: WIDTH }, () => 0.1);
    const make = () =>
      new TopKTrainer({ width: WIDTH, nFeatures: 16, k: 3, seed: 1, mean, deadAfter: 1e9 });
    const rows = Float32Array.from({ length: 8 * WIDTH }, () => random.nextFloat() - 0.5);
    const trainer = make();
    const before = trainer.step(rows, 1e-5);
    const after = trainer.step(rows, 1e-5);
    assert.ok(after < before, `${before} to ${after}`);
  });
});
