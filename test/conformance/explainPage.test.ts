import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  AttributionPart,
  AttributionRecord,
  Circuits,
  CompareRecord,
  FeaturesRecord,
  LensRecord,
  Model,
  ProbeRecord,
  Reconstruction,
  RouteStatistics,
  Run,
  Tensor,
  TokenRecord,
  TopActivationsRecord,
  TopTokensRecord,
} from "../../engine/index.node.ts";
import { readPage, runPage } from "../fixtures/pageModule.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const { blocks: BLOCKS } = readPage("explain.md");

interface Page {
  readonly model: Model;
  readonly run: Run;
  readonly early: LensRecord;
  readonly tuned: LensRecord;
  readonly two: number;
  readonly split: AttributionRecord;
  readonly strongest: readonly AttributionPart[];
  readonly difference: CompareRecord;
  readonly router: Tensor;
  readonly row: Tensor;
  readonly digits: readonly number[];
  readonly head: Circuits;
  readonly found: TopActivationsRecord;
  readonly expected: TopTokensRecord;
  readonly surprises: readonly TokenRecord[];
  readonly routes: RouteStatistics;
  readonly least: number;
  readonly u: Tensor;
  readonly s: Tensor;
  readonly vh: Tensor;
  readonly says: Tensor;
  readonly carry: ProbeRecord;
  readonly means: ProbeRecord;
  readonly sum: string;
  readonly steered: Run;
  readonly blind: Run;
  readonly active: FeaturesRecord;
  readonly made: Reconstruction;
  readonly without1: Run;
  readonly doubled: Run;
  readonly pushed: Run;
}

test("every call of docs/explain.md does what the page says", async (t) => {
  assert.equal(BLOCKS.length, 10);
  const folder = await temporaryFolder(t);
  const blocks = BLOCKS.map((code) =>
    code.replaceAll(/"(lens\.safetensors|dictionary[^"]*)"/g, (_, name) =>
      JSON.stringify(`${folder}/${name}`),
    ),
  );
  const page = (await runPage(t, blocks)) as Page;
  const { model, run, early, tuned, two, split, strongest, difference, head, found } = page;

  const last = early.sites.length - 1;
  assert.equal(early.sites[0], "blocks.0.hook_resid_pre");
  assert.equal(last, model.spec.nLayers);
  assert.equal(early.ranks[last], 0); // 7+5=12
  assert.equal(early.ids[last * early.topK], two);
  assert.ok((early.logProbs[last] ?? 0) > (early.logProbs[0] ?? 0));
  assert.ok(tuned.translated);
  assert.deepEqual(tuned.ids, early.ids);
  assert.deepEqual(tuned.entropyBits, early.entropyBits);

  const { data } = run.logits;
  const [, three] = ["2", "3"].map((text) => model.tokenizer.tokenId(text)) as [number, number];
  assert.equal(split.logit, (data[two] ?? 0) - (data[three] ?? 0));
  assert.ok(split.logit > 0);
  assert.ok(Math.abs(split.remainder) < 1e-4, `${split.remainder}`);
  assert.equal(strongest.length, 5);
  assert.ok(split.sources !== null);

  assert.equal(difference.parting?.site, "blocks.2.attn.hook_z");
  assert.equal(difference.parting?.position, 0);
  assert.ok(difference.kl.every((nats) => nats >= 0) && difference.kl.some((nats) => nats > 0));
  assert.ok(difference.changedRoutes?.every(({ layer }) => layer >= 2));

  assert.equal(page.router.shape[1], model.spec.dModel);
  assert.deepEqual(page.row.shape, [model.spec.dModel]);
  const most = head.qk?.largest[0];
  assert.ok(most && page.digits.includes(most.from) && page.digits.includes(most.to));
  const pair = await model.run([most.to, most.to, most.from]);
  const scores = await pair.get("blocks.0.attn.hook_attn_scores", { head: 1 });
  assert.ok(Math.abs(scores.at(2, 0) - most.value) < 1e-3, `${scores.at(2, 0)}, not ${most.value}`);
  const { expected, surprises, routes, u, s, vh, says } = page;
  assert.equal(expected.ranks[run.tokens.length - 2], 0);
  assert.equal(expected.entropyBits.at(-1), early.entropyBits[last]);
  assert.ok(surprises.every(({ index }) => (expected.ranks[index - 1] ?? 0) > 0));
  const margins = routes.margins.row(0).data;
  assert.equal(margins[page.least], Math.min(...margins));
  assert.ok(routes.concentration.data.every((share) => share >= 1 / 16 && share < 1));
  const size = head.value.shape[0] ?? 0;
  assert.deepEqual(
    [u.shape, s.shape, vh.shape].join(),
    [model.spec.dModel, size, size, size, model.spec.dModel].join(),
  );
  assert.deepEqual(says.shape, [size, 5]);
  assert.equal(found.nTexts, 3);
  assert.equal(found.activations[0]?.length, 3);
  await checkDirections(page);
  await checkDictionary(page);
  model.dispose();
});

async function checkDirections({ model, carry, means, sum, steered, blind }: Page): Promise<void> {
  assert.deepEqual(carry.classes, ["false", "true"]);
  assert.equal(carry.nHeldOut + carry.nTrain, 60);
  assert.ok(carry.interval.low > carry.baseline, `${carry.accuracy} is no better than chance`);
  assert.ok(carry.interval.low <= carry.accuracy && carry.accuracy <= carry.interval.high);
  const { edit } = steered.edits[0] ?? assert.fail();
  assert.equal(edit.kind, "steer");
  const unit = Number(edit.unit);
  const plain = await model.run(sum);
  const at = { token: -1 };
  const [from, to] = [await plain.get(means.site, at), await steered.get(means.site, at)];
  const moved = Math.hypot(...to.data.map((x, i) => x - (from.data[i] ?? Number.NaN)));
  assert.ok(Math.abs(moved - unit) < 1e-3 * unit, `${moved}, not ${unit}`);
  const left = await blind.get(means.site, at);
  const rest = Float64Array.from(left.data);
  const along = rest.reduce((sum, x, i) => sum + x * (means.direction[i] ?? 0), 0);
  assert.ok(Math.abs(along) < 1e-3 * unit * Math.hypot(...means.direction), `${along} is left`);
}

async function checkDictionary({ active, made, without1, doubled, pushed, model, sum }: Page) {
  assert.equal(active.ids.length, 5);
  assert.ok((active.active[0] ?? 0) > 5);
  assert.ok((made.explainedVariance ?? 0) < 0);
  const plain = await model.run(sum);
  for (const changed of [without1, doubled, pushed])
    assert.notDeepEqual(changed.logits.data, plain.logits.data);
}
