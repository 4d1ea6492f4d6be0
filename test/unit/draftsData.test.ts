import assert from "node:assert/strict";
import { test } from "node:test";
import type { DraftRecord, RunRecord } from "../../engine/trace/schema.ts";
import { acceptanceBars, acceptanceRows } from "../../widgets/drafts/acceptanceBars.ts";
import {
  acceptanceOf,
  type DraftsState,
  domainOf,
  draftedTokens,
  draftsText,
  NO_WORTH,
  ownTimeOf,
  refusalOf,
  stepsOf,
  type WorthSource,
  worthText,
} from "../../widgets/drafts/data.ts";
import { probabilityChart } from "../../widgets/drafts/probabilityChart.ts";
import { draftsPicture } from "../../widgets/drafts/staticPicture.ts";
import { draftsTables } from "../../widgets/drafts/tables.ts";
import { COSTS, runRecord } from "../fixtures/runRecords.ts";

const NONE = { draftId: null, draftProbability: null, modelProbability: null };
const drafted = (verdict: "accepted" | "rejected", position: number, module: number, own: number) =>
  ({ verdict, position, draftId: 7, draftProbability: module, modelProbability: own }) as const;

/** A prompt of two; then plain, two accepted with a bonus, an accepted and a rejected one, a rejected one. */
const DRAFTS: readonly DraftRecord[] = [
  { verdict: "plain", position: 0, ...NONE },
  drafted("accepted", 0, 0.5, 0.75),
  drafted("accepted", 1, 0.25, 0.5),
  { verdict: "bonus", position: 2, ...NONE },
  drafted("accepted", 0, 0.125, 0.1),
  drafted("rejected", 1, 0.9, 0.01),
  drafted("rejected", 0, 0.6, 0.2),
];

function record(): RunRecord {
  const made = runRecord(["a", "b", ..."cdefgh<"]);
  const tokens = made.tokens.map((token) => {
    const draft = DRAFTS[token.index - 2];
    return draft === undefined ? token : { ...token, phase: "generated" as const, draft };
  });
  return { ...made, tokens };
}

const RANGE = { median: 4, least: 3, most: 5 };
const WORTH: WorthSource = {
  ...{ draftTokens: 2, rounds: 3, verdict: "gain" },
  plain: { msPerToken: RANGE, tokensPerStep: 1 },
  speculative: { msPerToken: { median: 2, least: 1.5, most: 2.5 }, tokensPerStep: 1.75 },
  gain: { median: 2, least: 1.5, most: 2.25 },
};

function state(changes: Partial<DraftsState> = {}): DraftsState {
  const own = record();
  return {
    ...{ runId: "run", subtitle: "small", refusal: "", worth: null, ownTime: null },
    tokens: draftedTokens(own, (id) => `<${id}>`),
    domains: [domainOf("this generation", [own])],
    ...changes,
  };
}

test("generated tokens have their drafts, and a step begins at its first place", () => {
  const { tokens } = state();
  assert.deepEqual(
    tokens.map(({ index }) => index),
    [2, 3, 4, 5, 6, 7, 8],
  );
  assert.deepEqual(
    tokens.map(({ draftText }) => draftText),
    [null, "d", "e", null, "g", "<7>", "<7>"],
  );
  assert.deepEqual(
    stepsOf(tokens).map((step) => step.length),
    [1, 3, 2, 1],
  );
});

test("acceptance counts those that were judged, in all and by place", () => {
  assert.deepEqual(acceptanceOf(DRAFTS), {
    ...{ judged: 5, accepted: 3, rate: 0.6 },
    byPosition: [
      { judged: 3, accepted: 2, rate: 2 / 3 },
      { judged: 2, accepted: 1, rate: 0.5 },
    ],
  });
  assert.deepEqual(acceptanceOf([]), { judged: 0, accepted: 0, rate: null, byPosition: [] });
  const two = domainOf("code", [record(), record()]);
  assert.deepEqual([two.nRuns, two.acceptance.judged, two.acceptance.accepted], [2, 10, 6]);
  const rows = acceptanceRows([two]);
  assert.deepEqual(
    rows.map(({ label }) => label),
    ["code (2 runs)", "draft 1 of a step", "draft 2 of a step"],
  );
  const { rowAt, height } = acceptanceBars(rows, 700);
  assert.deepEqual([rowAt(10), rowAt(height - 8), rowAt(height + 30)], [0, 2, null]);
});

test("what was not drafted is refused with what to do instead", () => {
  assert.equal(refusalOf(record()), "");
  const plain = runRecord(["a"]);
  assert.match(refusalOf(plain), /no module for multi-token prediction/);
  assert.match(
    refusalOf({ ...plain, model: { ...plain.model, draftParameters: 9 } }),
    /speculate: "mtp"/,
  );
  const [first] = record().tokens.slice(2);
  assert.match(refusalOf({ ...plain, tokens: first ? [first] : [] }), /every step made one token/);
});

test("a time is the measured one, or is said to be unavailable with how to get it", () => {
  const text = draftsText(record(), state());
  assert.ok(text.includes(NO_WORTH) && text.includes("own time: unavailable"));
  assert.match(NO_WORTH, /unavailable.*speculationWorth/);
  assert.match(
    worthText(WORTH),
    /^2 times as fast as plain decoding \(1\.5 to 2\.25 in 3 rounds, 2 drafts a step; measured\)/,
  );
  assert.deepEqual(ownTimeOf(COSTS, state().tokens), { nTokens: 1, ms: 9, nSteps: 3 });
  assert.equal(ownTimeOf({ ...COSTS, decodeMs: null }, state().tokens), null);
  assert.equal(ownTimeOf(null, state().tokens), null);
});

test("a draft lies at its probabilities, linear or logarithmic", () => {
  const { tokens } = state();
  const linear = probabilityChart(tokens.slice(1, 2), { width: 300, height: 300, isLog: false });
  assert.equal(linear.x(0.5), (linear.x(0) + linear.x(1)) / 2);
  const log = probabilityChart(tokens.slice(1, 2), { width: 300, height: 300, isLog: true });
  assert.ok(Math.abs(log.y(0.01) - (log.y(0.0001) + log.y(1)) / 2) < 1e-9);
  assert.equal(log.y(1e-9), log.y(0.0001), "less is at the end, which says so");
});

test("the picture for pages without a kernel has text, counts and times", () => {
  const svg = draftsPicture(record(), state({ worth: WORTH }));
  assert.match(svg, /&lt;/);
  assert.match(svg, /60\.0 % · 3 of 5/);
  assert.match(svg, /2 times as fast/);
  assert.match(draftsPicture(record(), state()), /unavailable, since it was not measured/);
  const refusal = refusalOf(runRecord(["a"]));
  assert.match(
    draftsPicture(runRecord(["a"]), state({ refusal, tokens: [] })),
    /Nothing was drafted/,
  );
});

test("the tables have every token with its step, and every label with its places", () => {
  const [drafts, acceptance] = draftsTables(state());
  const column = (table: typeof drafts, name: string) => [
    ...(table?.columns.find((each) => each.name === name)?.values ?? []),
  ];
  assert.deepEqual(column(drafts, "step"), [0, 1, 1, 1, 2, 2, 3]);
  assert.deepEqual(
    column(drafts, "probability under the model"),
    DRAFTS.map((d) => d.modelProbability),
  );
  assert.deepEqual(column(acceptance, "place in the step"), [null, 1, 2]);
  assert.deepEqual(column(acceptance, "rate"), [0.6, 2 / 3, 0.5]);
});
