import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import {
  bootstrapInterval,
  clusteredInterval,
  shareInterval,
} from "../../engine/evaluate/clusterStatistics.ts";
import { compareArms } from "../../engine/evaluate/compareArms.ts";
import type { EvaluatedSample, Outcome } from "../../engine/evaluate/evaluatedSample.ts";
import { armMetrics } from "../../engine/evaluate/evaluationMetrics.ts";
import { holm, mcNemar } from "../../engine/evaluate/pairedTests.ts";
import { passAt } from "../../engine/evaluate/passAt.ts";
import { correctedP } from "../../engine/sweep/pairStatistics.ts";
import { wilsonInterval } from "../../engine/vote/wilsonInterval.ts";
import fc from "../fixtures/fastCheck.ts";

interface Golden {
  readonly wilson: readonly { hits: number; n: number; low: number; high: number }[];
  readonly normal: readonly { hits: number; n: number; low: number; high: number }[];
  readonly mcnemar: readonly { onlyFirst: number; onlySecond: number; p: number }[];
  readonly permutation: readonly { differences: number[]; p: number }[];
  readonly clustered: readonly Ratio[];
  readonly bootstrap: readonly Ratio[];
  readonly passAt: readonly { n: number; right: number; k: number; value: number }[];
  readonly holm: readonly { p: number[]; corrected: number[] }[];
}
interface Ratio {
  readonly numerators: number[];
  readonly denominators: number[];
  readonly low: number;
  readonly high: number;
}

const path = new URL("../fixtures/statistics/statistics.json", import.meta.url);
const golden = JSON.parse(readFileSync(path, "utf8")) as Golden;

function near(actual: number, expected: number, tolerance = 1e-12): void {
  const limit = tolerance * Math.max(1, Math.abs(expected));
  assert.ok(Math.abs(actual - expected) <= limit, `${actual} is not ${expected}`);
}

describe("statistics agree with scipy, statsmodels and their definitions", () => {
  it("Wilson's interval", () => {
    for (const { hits, n, low, high } of golden.wilson) {
      const interval = wilsonInterval(hits, n);
      near(interval.low, low);
      near(interval.high, high);
    }
  });

  it("McNemar's exact test", () => {
    for (const { onlyFirst, onlySecond, p } of golden.mcnemar) {
      near(mcNemar(onlyFirst, onlySecond), p, 1e-11);
      assert.equal(mcNemar(onlyFirst, onlySecond), mcNemar(onlySecond, onlyFirst));
    }
  });

  it("the permutation of signs", () => {
    for (const { differences, p } of golden.permutation) {
      const effects = Float64Array.from(differences);
      const paired = { effects, nPairs: effects.length, resamples: 2 ** effects.length, seed: 0 };
      near(correctedP(paired)[0] ?? 0, p);
    }
  });

  it("the interval from clusters", () => {
    for (const { low, high, ...clusters } of golden.clustered) {
      const interval = clusteredInterval(clusters);
      near(interval.low, low);
      near(interval.high, high);
    }
  });

  it("the interval of a share by the normal distribution, which is cut off at 0 and 1", () => {
    for (const { hits, n, low, high } of golden.normal) {
      const numerators = Array.from({ length: n }, (_, i) => Number(i < hits));
      const denominators = numerators.map(() => 1);
      const interval = shareInterval(clusteredInterval({ numerators, denominators }));
      near(interval.low, low);
      near(interval.high, high);
    }
  });

  it("the bootstrap over clusters, as far as draws allow", () => {
    for (const { low, high, ...clusters } of golden.bootstrap) {
      const drawn = { resamples: 20_000, seed: 3 };
      const interval = bootstrapInterval(clusters, drawn);
      near(interval.low, low, 0.02);
      near(interval.high, high, 0.02);
      assert.deepEqual(bootstrapInterval(clusters, drawn), interval);
      assert.notDeepEqual(bootstrapInterval(clusters, { resamples: 31, seed: 4 }), interval);
    }
  });

  it("pass@k over every choice", () => {
    for (const { n, right, k, value } of golden.passAt) near(passAt(n, right, k), value);
  });

  it("Holm's correction", () => {
    for (const { p, corrected } of golden.holm)
      holm(p).forEach((value, i) => {
        near(value, corrected[i] ?? 0);
      });
  });
});

const row = (index: number, epoch: number, outcome: Outcome): EvaluatedSample => ({
  ...{ sample: `s${index}`, index, epoch, edits: null, thinking: null, seed: 1, outcome },
  score: outcome === "cut" ? null : Number(outcome === "right"),
  ...{ target: null, answer: null, prompt: "", reply: "", reasoning: "", finishReason: "stop" },
  ...{
    promptTokens: 1,
    thinkingTokens: 0,
    answerTokens: 1,
    logprob: -1,
    choices: null,
    note: null,
  },
});
const outcomes = (...all: readonly Outcome[]) =>
  all.map((outcome, index) => row(index, 0, outcome));
const request = { passAt: [], resamples: 200, seed: 0, metrics: {} };
const metricsOf = (samples: readonly EvaluatedSample[], extra: object = {}) =>
  armMetrics({ edits: null, thinking: null, samples }, { ...request, ...extra });

describe("metrics of an arm", () => {
  it("count a cut reply as wrong, leave it out, and count it as right", () => {
    const { metrics, intervals } = metricsOf(outcomes("right", "wrong", "cut", "right"));
    const values = Object.fromEntries(metrics.map(({ metric, value, n }) => [metric, [value, n]]));
    assert.deepEqual(values, {
      accuracy: [0.5, 4],
      accuracy_answered: [2 / 3, 3],
      accuracy_upper: [0.75, 4],
      cut_share: [0.25, 4],
      score: [0.5, 4],
    });
    const wilson = intervals.filter(({ method }) => method === "wilson");
    assert.deepEqual(
      wilson.map(({ metric, low, high }) => [metric, { low, high }]),
      [
        ["accuracy", wilsonInterval(2, 4)],
        ["accuracy_answered", wilsonInterval(2, 3)],
        ["accuracy_upper", wilsonInterval(3, 4)],
        ["cut_share", wilsonInterval(1, 4)],
      ],
    );
  });

  it("take epochs of a sample for one cluster, and none of them for independent", () => {
    const same = outcomes("right", "wrong").flatMap((it) => [it, { ...it, epoch: 1 }]);
    const { metrics, intervals } = metricsOf(same, { passAt: [1, 2] });
    assert.ok(intervals.every(({ method }) => method !== "wilson"));
    const once = metricsOf(outcomes("right", "wrong"));
    const clustered = (all: typeof intervals) =>
      all.find(({ metric, method }) => metric === "accuracy" && method === "clustered");
    assert.deepEqual(clustered(intervals), clustered(once.intervals));
    const metricValue = (name: string) => metrics.find(({ metric }) => metric === name)?.value;
    assert.deepEqual([metricValue("pass@1"), metricValue("pass@2")], [0.5, 0.5]);
  });

  it("lie between 0 and 1, and have no width where all samples are alike", () => {
    const few = outcomes("right", ...Array<Outcome>(9).fill("wrong"));
    const twice = few.flatMap((it) => [it, { ...it, epoch: 1 }]);
    const intervalOf = (samples: readonly EvaluatedSample[], metric: string) => {
      const { intervals } = metricsOf(samples, { passAt: [1] });
      return intervals.find((it) => it.metric === metric && it.method === "clustered");
    };
    for (const metric of ["accuracy", "score", "pass@1"]) {
      assert.equal(intervalOf(twice, metric)?.low, 0, metric);
      near(intervalOf(twice, metric)?.high ?? 0, 0.1 + 1.959963984540054 * 0.03 * Math.sqrt(10));
    }
    const { low, high } = intervalOf(outcomes("right", "right"), "accuracy") ?? {};
    assert.deepEqual([low, high], [1, 1]);
  });

  it("has none of replies that were all cut, and says how many there were", () => {
    const { metrics } = metricsOf(outcomes("cut", "cut"));
    const answered = metrics.find(({ metric }) => metric === "accuracy_answered");
    assert.deepEqual([answered?.value, answered?.n], [Number.NaN, 0]);
  });

  it("are the task's own too", () => {
    const tokens = (samples: readonly EvaluatedSample[]) =>
      samples.reduce((sum, { answerTokens }) => sum + answerTokens, 0) / samples.length;
    const { metrics, intervals } = metricsOf(outcomes("right", "cut"), { metrics: { tokens } });
    assert.equal(metrics.at(-1)?.value, 1);
    const { method, low, high } = intervals.at(-1) ?? {};
    assert.deepEqual([method, low, high], ["bootstrap", 1, 1]);
  });
});

describe("comparing arms", () => {
  const some = outcomes("right", "right", "wrong", "cut", "right");
  const others = outcomes("right", "wrong", "wrong", "right", "wrong");

  it("counts what one arm alone got right", () => {
    const [found] = compareArms({ some, others });
    assert.deepEqual(
      [found?.n, found?.onlyFirst, found?.onlySecond, found?.difference],
      [5, 2, 1, -0.2],
    );
    assert.equal(found?.mcNemar, mcNemar(2, 1));
    const [without] = compareArms({ some, others }, { cut: "out" });
    assert.deepEqual([without?.n, without?.onlyFirst, without?.onlySecond], [4, 2, 0]);
  });

  it("is corrected for how many there are", () => {
    const good = outcomes(...Array<Outcome>(8).fill("right"));
    const bad = outcomes(...Array<Outcome>(8).fill("wrong"));
    const alone = compareArms({ good, bad });
    const three = compareArms({ good, bad, same: good });
    near(alone[0]?.corrected ?? 0, 2 / 2 ** 8);
    assert.equal(three.length, 3);
    near(three[0]?.corrected ?? 0, (3 * 2) / 2 ** 8);
    const based = compareArms({ good, bad, same: good }, { baseline: "bad" });
    assert.deepEqual(
      based.map(({ first, second }) => [first, second]),
      [
        ["bad", "good"],
        ["bad", "same"],
      ],
    );
  });

  it("takes epochs together and then has no McNemar", () => {
    const twice = (all: readonly EvaluatedSample[]) => [
      ...all,
      ...all.map((it) => ({ ...it, epoch: 1 })),
    ];
    const [found] = compareArms({ some: twice(some), others: twice(others) });
    assert.deepEqual([found?.n, found?.mcNemar, found?.difference], [5, null, -0.2]);
    assert.equal(found?.corrected, found?.permutation);
  });

  it("refuses arms of other samples", () => {
    const code = "ERR_OPTION";
    assert.throws(() => compareArms({ some, few: some.slice(1) }), { code });
    assert.throws(() => compareArms({ some: some.slice(1), few: some }), { code });
    assert.throws(() => compareArms({ some }), {
      code,
      message: /at least two arms, got \["some"\]/,
    });
    assert.throws(() => compareArms({ some, others }, { baseline: "none" }), { code });
    const cut = outcomes("cut");
    assert.throws(() => compareArms({ a: cut, b: cut }, { cut: "out" }), { code });
  });

  it("finds p at most as often as it says where there is nothing", () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(30), (first, second) => {
        const p = mcNemar(first, second);
        assert.ok(p > 0 && p <= 1);
        assert.ok(mcNemar(first + 1, second) <= p + 1e-12 || first < second);
      }),
    );
  });
});
