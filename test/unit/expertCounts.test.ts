import assert from "node:assert/strict";
import { test } from "node:test";
import { LARGE, syntheticRoutes, syntheticRun } from "../../bench/synthetic/routedRun.ts";
import { routingAnswers } from "../../widgets/routing/answers.ts";
import {
  biasChanges,
  coActivation,
  leastMargins,
  liftOf,
  loadDistances,
  loadShares,
} from "../../widgets/routing/expertCounts.ts";
import { expertProfile } from "../../widgets/routing/favourites.ts";
import { timesUniform } from "../../widgets/routing/loadTab.ts";
import { biasOf, pathMarks, pathStrengths } from "../../widgets/routing/pathCells.ts";
import { routerText } from "../../widgets/routing/routerText.ts";
import { comparisonOf, routedSources } from "../../widgets/routing/sources.ts";
import { amountStrengths, LEFT_OUT, signedStrengths } from "../../widgets/routing/strengths.ts";
import { compareLogits } from "../../widgets/routing/tryExpert.ts";
import { ROUTES } from "../fixtures/runRecords.ts";

// layer 1: {0,1} {1,0} {3,1}; layer 3: {2,3} {0,1} {2,3}

test("co-activation counts pairs of a layer, and its diagonal is the load", () => {
  assert.deepEqual(
    [...coActivation(ROUTES, 0)],
    [...[2, 2, 0, 0], ...[2, 3, 0, 1], ...[0, 0, 0, 0], ...[0, 1, 0, 1]],
  );
  assert.deepEqual(
    [...coActivation(ROUTES, 1)],
    [...[1, 1, 0, 0], ...[1, 1, 0, 0], ...[0, 0, 2, 2], ...[0, 0, 2, 2]],
  );
});

test("lift is 1 where two experts know nothing of each other, and nothing where one is never chosen", () => {
  const lift = liftOf(coActivation(ROUTES, 0), 4, 3);
  assert.equal(lift[0 * 4 + 1], 1); // 2 * 3 / (2 * 3)
  assert.equal(lift[1 * 4 + 3], 1); // 1 * 3 / (3 * 1)
  assert.equal(lift[0 * 4 + 3], 0);
  assert.ok(Number.isNaN(lift[0 * 4 + 2]) && Number.isNaN(lift[0]));
});

test("margins of many tokens are told by the least of each block", () => {
  const margins = Float32Array.of(5, 4, 3, 2, 1, 9, 8, 7, 6, Number.POSITIVE_INFINITY); // (2, 5)
  const whole = leastMargins(margins, 5, { start: 0, count: 5, pool: 2 });
  assert.deepEqual([...whole], [4, 2, 1, 8, 6, Number.POSITIVE_INFINITY]);
  const part = leastMargins(margins, 5, { start: 1, count: 2, pool: 1 });
  assert.deepEqual([...part], [4, 3, 8, 7]);
});

test("the bias gained and cost each expert what its choice and the other one say", () => {
  const router = {
    ...{ nExperts: 4, nExpertsPerToken: 2, scoring: "sigmoid" as const, hasBias: true },
    ...{ nGroups: 1, nGroupsKept: 1, isEdited: false },
  };
  const choices = {
    routers: [router, { ...router, isEdited: true }],
    margins: new Float32Array(6),
    runnersUp: new Int32Array(6),
    withoutBias: Int32Array.of(0, 1, 0, 2, 2, 0, -1, -1, -1, -1, -1, -1),
  };
  const changes = biasChanges(ROUTES, choices);
  assert.deepEqual([...(changes?.gained ?? [])], [0, 2, 0, 1, 0, 0, 0, 0]);
  assert.deepEqual([...(changes?.lost ?? [])], [1, 0, 2, 0, 0, 0, 0, 0]);
  assert.deepEqual([...(changes?.nChanged ?? [])], [2, 0], "an edited layer is not told");
  assert.equal(biasChanges(ROUTES, { ...choices, withoutBias: null }), null);
  const route = { experts: [3, 1], weights: [0.9, 0.1], entropyBits: 1 };
  const choice = { ...choices, runnersUp: Int32Array.of(2, 0), withoutBias: Int32Array.of(2, 1) };
  assert.deepEqual(biasOf(route, choice, 0, 2), { gained: [3], lost: [2] });
  const path = {
    ...{ nExperts: 4, k: 2, routes: [route], choice, other: Int32Array.of(0, -1) },
    scores: Float32Array.of(1, 2, 3, Number.NEGATIVE_INFINITY),
  };
  assert.deepEqual(
    pathMarks(path).map(({ column, kind }) => `${kind} ${column}`),
    ["other 0", "next 2", "gained 3", "lost 2"],
  );
  const strengths = pathStrengths({
    ...path,
    routes: [{ ...route, experts: [1], weights: [1] }],
  });
  assert.deepEqual([...strengths], [Number.NaN, 1, Number.NaN, LEFT_OUT]);
});

test("an expert's profile counts its tokens over all texts, and each text apart", () => {
  const texts = ["a", "b"].map((label) => ({
    ...{ label, routing: ROUTES },
    tokenTexts: label === "a" ? ["x", "x", "y"] : ["x", "z", "z"],
  }));
  const profile = expertProfile(texts, 0, 0); // tokens 0 and 1 of either
  assert.deepEqual(
    profile.tokens.map(({ text, nSent, nSeen }) => [text, nSent, nSeen]),
    [
      ["x", 3, 3],
      ["z", 1, 2],
    ],
  );
  assert.equal(profile.tokens[0]?.meanWeight, (0.75 + 0.5 + 0.75) / 3);
  assert.deepEqual(profile.domains, [
    { label: "a", nSent: 2, nTokens: 3 },
    { label: "b", nSent: 2, nTokens: 3 },
  ]);
});

test("loads are compared as shares of their layers", () => {
  const [a, b] = [Float32Array.of(2, 2, 0, 0), Float32Array.of(0, 4, 4, 0)];
  assert.deepEqual([...loadShares(a, 2)], [0.5, 0.5, 0, 0]);
  assert.deepEqual([...timesUniform(a, 2)], [1, 1, 0, 0]);
  assert.deepEqual([...loadDistances(a, b, 4)], [0.5]);
});

test("strengths follow the named scale", () => {
  const values = Float32Array.of(0, 1, 10, 100, Number.NaN, Number.POSITIVE_INFINITY);
  assert.deepEqual(
    [...amountStrengths(values, "linear")],
    [0, 0.01, 0.1, 1, Number.NaN, 1].map(Math.fround),
  );
  assert.deepEqual(
    [...amountStrengths(values, "log")],
    [0, 0.15, 0.575, 1, Number.NaN, 1].map(Math.fround),
  );
  assert.deepEqual(
    [...amountStrengths(Float32Array.of(0, 2, 2, 8), "rank")],
    [0, 1.5 / 3, 1.5 / 3, 1],
  );
  assert.deepEqual([...signedStrengths(Float32Array.of(-2, 0, 4))], [-0.5, 0, 1]);
});

test("routers are described by what they have", () => {
  const { choices, layers } = syntheticRoutes({ nLayers: 2, nExperts: 16, nTokens: 1, k: 2 });
  const [first] = choices?.routers ?? [];
  assert.ok(first);
  assert.match(
    routerText([first, first], layers),
    /sigmoid.*bias that balances.*8 groups, of which the best 4/,
  );
  const plain = { ...first, scoring: "softmax" as const, hasBias: false, nGroups: 1 };
  assert.match(routerText([plain, plain], layers), /softmax.*no balancing bias/);
  assert.match(
    routerText([first, { ...first, isEdited: true }], layers),
    /layer 1: what the bias did there is not told/,
  );
});

test("logits before and after are told with what all of them make probable", () => {
  const { tokens, divergenceBits } = compareLogits([0, Math.log(3)], [0, 0], (id) => `t${id}`);
  assert.deepEqual(
    tokens.map(({ id, text }) => [id, text]),
    [
      [1, "t1"],
      [0, "t0"],
    ],
  );
  assert.ok(Math.abs((tokens[0]?.probabilityBefore ?? 0) - 0.75) < 1e-12);
  assert.equal(tokens[0]?.probabilityAfter, 0.5);
  const bits = 0.25 * Math.log2(0.25 / 0.5) + 0.75 * Math.log2(0.75 / 0.5);
  assert.ok(Math.abs(divergenceBits - bits) < 1e-12);
});

test("runs of another model are refused beside a run", () => {
  const shape = { nLayers: 2, nExperts: 16, nTokens: 3, k: 2 };
  const run = syntheticRun(shape);
  const other = syntheticRun({ ...shape, nLayers: 3 });
  assert.throws(
    () => routedSources(run, undefined, [{ label: "law", run: other }]),
    /expected runs of one model \(synthetic\), got law of synthetic/,
  );
});

test("of 61 layers, 256 experts and 4,096 tokens no answer is more than 1 MB, and all count every route", async () => {
  const run = syntheticRun(LARGE);
  const sources = routedSources(run, run, [{ label: "law", run }]);
  const answers = routingAnswers(sources, comparisonOf(sources));
  const questions: Record<string, Record<string, unknown>> = {
    block: { start: 0 },
    load: { source: 0 },
    together: { source: 2, row: 60 },
    margins: { start: 0, count: 4096, pool: 4 },
    choice: { token: 4095 },
    route: { source: 1, token: 17 },
    different: { pool: 4 },
    bias: {},
    expert: { row: 3, expert: 0 },
  };
  const told = new Map<string, Float32Array>();
  for (const [kind, question] of Object.entries(questions)) {
    const answer = await answers[kind]?.({ id: 1, kind, ...question });
    const bytes = (answer?.buffers ?? []).map(({ byteLength }) => byteLength);
    assert.ok(bytes.reduce((a, b) => a + b, 0) <= 2 ** 20, `${kind}: ${bytes}`);
    assert.ok(JSON.stringify(answer?.content ?? {}).length < 20_000, kind);
    const [first] = answer?.buffers ?? [];
    if (first) told.set(kind, first as Float32Array);
  }
  const sum = (kind: string): number => told.get(kind)?.reduce((a, b) => a + b, 0) ?? -1;
  const { nLayers, nTokens, k } = LARGE;
  assert.equal(sum("load"), nLayers * nTokens * k);
  assert.equal(sum("together"), nTokens * k * k);
  assert.equal(sum("bias"), Math.ceil((nLayers * nTokens) / 3), "one expert of every third choice");
  assert.equal(told.get("margins")?.length, nLayers * 1024);
  assert.equal(told.get("different")?.length, nLayers * 1024);
  assert.equal(sum("different"), 0, "the same run twice");
});
