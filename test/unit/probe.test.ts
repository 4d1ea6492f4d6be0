import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Pcg32 } from "../../engine/generate/pcg32.ts";
import type { ProbeLabels } from "../../engine/probe/labelledRows.ts";
import { probe } from "../../engine/probe/probe.ts";
import type { ProbeOptions } from "../../engine/probe/probeOptions.ts";
import { Tensor } from "../../engine/tensor/tensor.ts";
import { wilsonInterval } from "../../engine/vote/wilsonInterval.ts";

const SITE = "blocks.0.hook_resid_post";
const WIDTH = 5;

/** What a probe reads of a run: rows of 5, of which the second number tells the class. */
function reader(rows: readonly (readonly number[])[], dims = ["T", "M"]) {
  const tensor = new Tensor(Float32Array.from(rows.flat()), [rows.length, WIDTH], dims);
  return { tokens: rows, get: async () => tensor };
}

function runsOf(nRuns: number, nTokens: number, gap: number, seed = 3) {
  const random = new Pcg32(seed);
  return Array.from({ length: nRuns }, (_, run) =>
    reader(
      Array.from({ length: nTokens }, () => {
        const row = Array.from({ length: WIDTH }, () => random.nextFloat());
        row[1] = (row[1] as number) + gap * (run % 2);
        return row;
      }),
    ),
  );
}

const parity = (nRuns: number) => Array.from({ length: nRuns }, (_, run) => run % 2 === 1);

describe("a probe", () => {
  for (const method of ["logistic", "meanDifference"] as const)
    it(`finds the direction that tells classes apart: ${method}`, async () => {
      const runs = runsOf(40, 3, 2);
      const found = await probe(runs, parity(40), SITE, { method });
      assert.deepEqual([found.classes, found.nTrain, found.nHeldOut], [["false", "true"], 30, 10]);
      const size = Math.hypot(...found.direction);
      assert.ok((found.direction[1] ?? 0) / size > 0.9, "the second number");
      assert.deepEqual([found.accuracy, found.trainAccuracy, found.baseline], [1, 1, 0.5]);
      const { low, high } = wilsonInterval(10, 10);
      assert.deepEqual(found.interval, { low, high, effectiveRows: 10 });
      assert.equal(found.fit === null, method === "meanDifference");
      assert.deepEqual([...new Set(found.positions)], [2], "the last token of each");
    });

  it("scores rows by the direction and the intercept, and halfway between the means by 0", async () => {
    const runs = runsOf(20, 2, 1);
    const found = await probe(runs, parity(20), SITE, { method: "meanDifference" });
    const means = [0, 1].map((label) => {
      const own = [...found.scores].filter(
        (_, row) => !found.heldOut[row] && found.labels[row] === label,
      );
      return own.reduce((sum, score) => sum + score, 0) / own.length;
    });
    assert.ok(Math.abs((means[0] ?? 0) + (means[1] ?? 0)) < 1e-12);
    for (const [row, run] of found.runs.entries()) {
      const { data } = await (runs[run] as ReturnType<typeof reader>).get();
      const score = found.direction.reduce(
        (sum, d, i) => sum + d * (data[WIDTH + i] ?? 0),
        found.intercept,
      );
      assert.ok(Math.abs(score - (found.scores[row] ?? 0)) < 1e-12);
    }
  });

  it("tells chance where labels mean nothing", async () => {
    const runs = runsOf(120, 1, 0);
    const found = await probe(runs, parity(120), SITE, { heldOut: 0.5 });
    assert.ok(found.interval.low < 0.5 && found.interval.high > 0.5, `${found.accuracy}`);
    assert.ok(found.trainAccuracy >= found.accuracy - 0.1);
  });

  it("holds out whole runs, as the seed says, and the same rows again", async () => {
    const runs = runsOf(12, 4, 1);
    const asked = { positions: "all", heldOut: 0.34 } as const;
    const found = await probe(runs, parity(12), SITE, asked);
    const out = new Set([...found.runs].filter((_, row) => found.heldOut[row] === 1));
    assert.equal(out.size, 4);
    assert.deepEqual([...out].map((run) => run % 2).sort(), [0, 0, 1, 1], "two of each class");
    for (const [row, run] of found.runs.entries())
      assert.equal(found.heldOut[row], Number(out.has(run)));
    assert.deepEqual(await probe(runs, parity(12), SITE, asked), found);
    const other = await probe(runs, parity(12), SITE, { ...asked, seed: 1 });
    assert.notDeepEqual(other.heldOut, found.heldOut);
  });

  it("counts rows of one run for less than rows of many", async () => {
    const found = await probe(runsOf(12, 6, 4), parity(12), SITE, { positions: "all" });
    assert.deepEqual([found.nHeldOut, found.accuracy], [24, 1]);
    assert.equal(found.interval.effectiveRows, 4, "as many as there are runs, all being right");
    assert.equal(found.interval.low, wilsonInterval(4, 4).low);
  });

  it("counts the rows of a run that is held out alone as one", async () => {
    const runs = runsOf(3, 40, 0);
    const labels = runs.map(({ tokens }) => tokens.map((_, t) => t % 2));
    const found = await probe(runs, labels, SITE, { positions: "all" });
    assert.equal(found.nHeldOut, 40);
    assert.ok(found.accuracy > 0 && found.accuracy < 1, `${found.accuracy}`);
    assert.equal(found.interval.effectiveRows, 1);
  });

  it("counts tokens that are all alike as one", async () => {
    const runs = await Promise.all(
      runsOf(40, 1, 0).map(async (run) => {
        const row = [...(await run.get()).data];
        return reader([row, row, row]);
      }),
    );
    const found = await probe(runs, parity(40), SITE, { positions: "all", heldOut: 0.5 });
    assert.ok(found.accuracy > 0 && found.accuracy < 1, `${found.accuracy}`);
    assert.equal(found.nHeldOut, 60);
    assert.ok(Math.abs(found.interval.effectiveRows - 20) < 1e-9, "as many as there are runs");
  });

  it("takes labels of each row, positions of each run, and texts or numbers as classes", async () => {
    const runs = runsOf(6, 3, 0);
    const labels = runs.map(() => [10, 9]);
    const found = await probe(runs, labels, SITE, { positions: runs.map(() => [0, -1]) });
    assert.deepEqual(found.classes, ["9", "10"], "numbers by size");
    assert.deepEqual([...found.positions.slice(0, 2)], [0, 2]);
    assert.deepEqual([...found.labels.slice(0, 2)], [1, 0]);
    const texts = await probe(runs, ["b", "a", "b", "a", "b", "a"], SITE);
    assert.deepEqual(texts.classes, ["a", "b"]);
  });

  it("is refused what it cannot fit", async () => {
    const runs = runsOf(6, 2, 1);
    const six = parity(6);
    const cases: readonly [ProbeLabels, ProbeOptions, RegExp][] = [
      [six.map(() => true), {}, /labels of two classes, got one class alone, true\. Add runs/],
      [["a", "b", "c", "a", "b", "c"], {}, /two classes, got 3 classes\. Make one probe for each/],
      [six.slice(1), {}, /a label for each of 6 runs, got 5/],
      [six.map((label) => [label, label]), {}, /a label for each of the 1 rows of run 0, got 2/],
      [
        [true, false, false, false, false, false],
        {},
        /two runs of each class or more, got 1 of true/,
      ],
      [six.map(() => Number.NaN), {}, /labels that are texts, numbers or truth values, got NaN/],
      [six, { positions: [2] }, /positions from -2 to 1 in run 0, got 2/],
      [six, { positions: [[0], [1]] }, /positions for each of 6 runs, got 2/],
      [
        six,
        { positions: [[0], 1, [1], [1], [1], [1]] as never },
        /a list of positions for each run, got 1 for run 1/,
      ],
      [six, { l2: 0 }, /a number above 0 as l2, got 0/],
      [six, { heldOut: 1 }, /a share between 0 and 1 as heldOut, got 1/],
      [six, { head: 0 }, /no head for blocks\.0\.hook_resid_post, which has none, got 0/],
      [
        six,
        { method: "linear" as never },
        /"logistic" or "meanDifference" as method, got "linear"/,
      ],
    ];
    for (const [labels, options, message] of cases)
      await assert.rejects(probe(runs, labels, SITE, options), { code: "ERR_OPTION", message });
    await assert.rejects(probe(runs.slice(1, 2), [true], SITE), /two runs or more, got 1/);
    const map = reader([[1, 2, 3, 4, 5]], ["H", "S"]);
    await assert.rejects(probe([map, map], [0, 1], SITE), { code: "ERR_SITE_SHAPE" });
    const mixed = [reader([[1, 2, 3, 4, Number.POSITIVE_INFINITY]]), ...runs.slice(1)];
    await assert.rejects(probe(mixed, six, SITE), /finite numbers at .*, got Infinity/);
  });

  it("ends when its signal fires", async () => {
    const signal = AbortSignal.abort();
    await assert.rejects(probe(runsOf(4, 1, 1), parity(4), SITE, { signal }), {
      code: "ERR_ABORTED",
    });
  });
});
