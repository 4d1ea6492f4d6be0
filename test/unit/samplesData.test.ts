import assert from "node:assert/strict";
import { test } from "node:test";
import { certificate, samples } from "../../widgets/index.ts";
import { KeptAnswers } from "../../widgets/offline/keptAnswers.ts";
import { packageVersion } from "../../widgets/render/packageRoot.ts";
import { changeRank, pairSamples } from "../../widgets/samples/pairs.ts";
import {
  FIRST_QUERY,
  PAGE_ROWS,
  readQuery,
  type SamplesPage,
  type SamplesQuery,
  samplesPage,
} from "../../widgets/samples/query.ts";
import { SUMS_ARMS, SUMS_BEFORE, SUMS_NOW } from "../fixtures/evaluationRecords.ts";

const ALONE = pairSamples(SUMS_NOW.samples, null);
const PAIRS = pairSamples(SUMS_NOW.samples, SUMS_BEFORE.samples);
const found = (query: Partial<SamplesQuery>, pairs = PAIRS): string[] =>
  samplesPage(pairs, { ...FIRST_QUERY, ...query }).rows.map(({ sample }) => sample);

test("what is no longer right comes first, what is newly right before what stayed", () => {
  assert.deepEqual(found({}), ["sum-1", "sum-3", "sum-0", "sum-2", "sum-4", "sum-5"]);
  assert.deepEqual(PAIRS.map(changeRank), [5, 0, 8, 1, 8, 8]);
  assert.deepEqual(found({}, ALONE), ["sum-0", "sum-1", "sum-2", "sum-3", "sum-4", "sum-5"]);
});

test("outcomes, changes and texts choose samples", () => {
  assert.deepEqual(found({ show: "wrong" }), ["sum-1"]);
  assert.deepEqual(found({ show: "cut" }), ["sum-3"]);
  assert.deepEqual(found({ show: "lost" }), ["sum-1", "sum-3"]);
  assert.deepEqual(found({ show: "won" }), ["sum-0"]);
  assert.deepEqual(found({ show: "changed" }), ["sum-1", "sum-3", "sum-0"]);
  assert.deepEqual(found({ text: " 5+6 <IS> " }), ["sum-2"], "in what was thought, in any case");
  assert.deepEqual(found({ text: "sum-4", show: "wrong" }), []);
});

test("columns sort up and down, numbers in texts by their size", () => {
  assert.deepEqual(found({ sort: "target" }, ALONE), [
    ...["sum-0", "sum-5", "sum-1", "sum-4", "sum-2", "sum-3"],
  ]);
  assert.deepEqual(found({ sort: "tokens", descending: true }, ALONE), [
    ...["sum-5", "sum-4", "sum-3", "sum-2", "sum-1", "sum-0"],
  ]);
});

test("pages begin where they are asked to, and of an arm alone", () => {
  const many = Array.from({ length: 2 * PAGE_ROWS + 3 }, (_, i) => ({
    now: { ...(SUMS_ARMS.samples[0] as (typeof SUMS_ARMS.samples)[number]), sample: `s${i}` },
    before: null,
  }));
  const last = samplesPage(many, { ...FIRST_QUERY, start: 2 * PAGE_ROWS });
  assert.deepEqual([last.total, last.rows.map(({ row }) => row)], [103, [100, 101, 102]]);
  const arms = pairSamples(SUMS_ARMS.samples, null);
  assert.equal(samplesPage(arms, { ...FIRST_QUERY, arm: "thinking free" }).total, 6);
});

test("a row leaves out the template that all prompts begin with, and nothing of a lone one", () => {
  const prompted = (prompts: readonly string[]) =>
    prompts.map((prompt) => ({
      now: { ...(SUMS_NOW.samples[0] as (typeof SUMS_NOW.samples)[number]), prompt },
      before: null,
    }));
  const told = (prompts: readonly string[]) =>
    samplesPage(prompted(prompts), FIRST_QUERY).rows.map(({ prompt }) => prompt);
  const template = "<begin><User>";
  assert.deepEqual(told([`${template}1+2=?`, `${template}3+4=?`]), ["…1+2=?", "…3+4=?"]);
  assert.deepEqual(told(["short 1", "short 2"]), ["short 1", "short 2"]);
  assert.deepEqual(told([`${template}1`]), [`${template}1`]);
  assert.deepEqual(told([template, template]), [template, template]);
});

test("questions that no view asks are refused", () => {
  const asked = { id: 1, kind: "rows", ...FIRST_QUERY };
  assert.deepEqual(readQuery(asked, 6), FIRST_QUERY);
  assert.throws(() => readQuery({ ...asked, show: "best" }, 6), /expected a question with show/);
  assert.throws(() => readQuery({ ...asked, start: 7 }, 6), /expected start from 0 to 6, got 7/);
});

test("arms of one evaluation stand side by side, other samples are refused by name", () => {
  const { "thinking budget 0": none = [], "thinking free": free = [] } = SUMS_ARMS.arms();
  assert.equal(
    samples(free, none)
      .get("shows")
      .find(({ show }) => show === "won")?.count,
    4,
  );
  assert.deepEqual(samples(free, none).get("names"), ["thinking free", "thinking budget 0"]);
  assert.throws(
    () => samples(free, none.slice(1)),
    /got 6 and 5, and sample sum-0, epoch 0, thinking free in one alone\. Evaluate the same task/,
  );
  assert.throws(
    () => samples(free, [...none.slice(1), { ...(none[0] as (typeof none)[number]), prompt: "?" }]),
    /expected the same prompt and target in both, got others for sample sum-0/,
  );
});

test("a file of it turns pages, chooses outcomes and opens samples by itself", async () => {
  const asked = { kind: "rows", ...FIRST_QUERY };
  const questions = [
    { ...asked, show: "cut" },
    { ...asked, arm: "thinking free" },
    { kind: "sample", row: 11 },
  ];
  const kept = await keptOf(samples(SUMS_ARMS));
  for (const question of questions)
    assert.ok(await kept.answer(question), JSON.stringify(question));
  const page = (await kept.answer({ ...asked, show: "cut" }))?.content as unknown as SamplesPage;
  assert.deepEqual([page.total, page.rows.map(({ row }) => row)], [2, [4, 10]]);
});

test("a certificate counts as the evaluation does, and knows its table", async () => {
  const picture = certificate(SUMS_ARMS, { replay: "vitrine evaluate ./sums.ts --model small" });
  const { arms, samplesHash } = picture.get("record");
  assert.deepEqual(
    arms.map(({ name, right, wrong, cut }) => [name, right, wrong, cut]),
    [
      ["thinking budget 0", 1, 4, 1],
      ["thinking free", 5, 0, 1],
    ],
  );
  for (const arm of arms) {
    const isOwn = (row: { thinking: string | null; metric: string }) =>
      `thinking ${row.thinking}` === arm.name && row.metric === "accuracy";
    assert.equal(arm.accuracy, SUMS_ARMS.metrics.find(isOwn)?.value);
    const wilson = SUMS_ARMS.intervals.find((row) => isOwn(row) && row.method === arm.method);
    assert.deepEqual([arm.method, arm.low, arm.high], ["wilson", wilson?.low, wilson?.high]);
  }
  const bytes = new TextEncoder().encode(SUMS_ARMS.toCsv());
  const digest = Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
  assert.equal(samplesHash, digest);
  const svg = await picture.toSvg();
  for (const part of [SUMS_ARMS.about.weights ?? "", digest, "--model small", "1, 1, 4"])
    assert.ok(svg.includes(part), part);
});

test("a certificate is of the model that was evaluated, and says what was not hashed", async () => {
  const backend = { name: "cpu", device: "a processor", driver: "" };
  assert.throws(
    () => certificate(SUMS_NOW, { model: { record: { hash: "f0".repeat(32) }, backend } }),
    /expected the model that was evaluated, abababababab on cpu, got f0f0f0f0f0f0 on cpu/,
  );
  const known = { record: { hash: "ab".repeat(32) }, backend };
  assert.match(await certificate(SUMS_NOW, { model: known }).toSvg(), /a processor/);
  const unhashed = { ...SUMS_NOW, about: { ...SUMS_NOW.about, weights: null }, csvLines: () => [] };
  assert.match(await certificate(unhashed).toSvg(), /not read, as the evaluation has no folder/);
  assert.throws(() => certificate(SUMS_NOW, { replay: " " }), /expected a line of text, got " "/);
});

test("a certificate has the versions of who evaluated, and names who draws where these are others", async () => {
  const own = { vitrine: packageVersion(), node: process.versions.node };
  const by = (versions: { vitrine: string; node: string | null }) =>
    certificate({
      ...SUMS_NOW,
      about: { ...SUMS_NOW.about, versions },
      csvLines: () => [],
    }).toSvg();
  const same = await by(own);
  assert.ok(same.includes(`>Vitrine ${own.vitrine}, Node ${own.node}<`));
  assert.doesNotMatch(same, /drawn by/);
  for (const other of [
    { ...own, vitrine: "0.0.9" },
    { ...own, node: "19.0.0" },
  ]) {
    const svg = await by(other);
    assert.ok(svg.includes(`>Vitrine ${other.vitrine}, Node ${other.node}<`));
    assert.ok(svg.includes(`>Vitrine ${own.vitrine}, Node ${own.node}: others than those that`));
  }
  assert.match(await by({ ...own, node: null }), /Node of a version that was not kept</);
});

test("a certificate refuses an evaluation of another version by what it lacks", () => {
  const { about } = SUMS_NOW;
  const refused = (older: object, lacks: string) =>
    assert.throws(() => certificate(older as never), {
      name: "TypeError",
      message: `certificate: expected an evaluation, got one without ${lacks}, as of another version. Pass what evaluate(model, task) gives.`,
    });
  const own = { ...SUMS_NOW, csvLines: () => [] };
  for (const field of Object.keys(about)) {
    if (field === "task") continue; // without it, it is no evaluation
    const lacks = field === "versions" ? "about.versions.vitrine" : `about.${field}`;
    refused({ ...own, about: { ...about, [field]: undefined } }, lacks);
  }
  const { node: _, ...versions } = about.versions;
  refused({ ...own, about: { ...about, versions } }, "about.versions.node");
  refused({ ...own, metrics: undefined }, "metrics");
  refused({ ...own, csvLines: undefined }, "csvLines");
});

test("a certificate has the adapter of the evaluation, and takes no model on another", async () => {
  const on = { backend: "webgpu", device: "a card", driver: "driver 1" };
  const evaluated = { ...SUMS_NOW, about: { ...SUMS_NOW.about, ...on }, csvLines: () => [] };
  assert.match(await certificate(evaluated).toSvg(), />a card, driver 1</);
  const model = (driver: string) => ({
    ...{ record: { hash: "ab".repeat(32) } },
    backend: { name: "webgpu", device: "a card", driver },
  });
  assert.match(
    await certificate(evaluated, { model: model("driver 1") }).toSvg(),
    />a card, driver 1</,
  );
  assert.throws(
    () => certificate(evaluated, { model: model("driver 2") }),
    /on webgpu \(a card, driver 1\), got abababababab on webgpu \(a card, driver 2\)\. Pass that one/,
  );
});

async function keptOf(picture: ReturnType<typeof samples>): Promise<KeptAnswers> {
  const html = await picture.toHtml();
  const [, bytes = ""] = /\["kept"\][^}]*?"data":"([^"]+)"/.exec(html) ?? [];
  return KeptAnswers.read(new Uint8Array(Buffer.from(bytes, "base64")));
}
