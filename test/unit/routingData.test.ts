import assert from "node:assert/strict";
import { test } from "node:test";
import {
  meanEntropyBits,
  packBlock,
  refusalOf,
  routeOf,
  routingText,
  uniformLoad,
  unpackBlock,
} from "../../widgets/routing/data.ts";
import { expertLoad } from "../../widgets/routing/expertCounts.ts";
import { routingPicture } from "../../widgets/routing/staticPicture.ts";
import { ROUTES, runRecord } from "../fixtures/runRecords.ts";

const block = unpackBlock(packBlock(ROUTES, 0).slice().buffer, 0, 2, 2);

test("a packed block gives back each token's experts, weights and entropy", () => {
  assert.equal(block.nTokens, 3);
  assert.deepEqual(routeOf(block, 2, 1, 0), {
    experts: [2, 3],
    weights: [Math.fround(0.6), Math.fround(0.4)],
    entropyBits: 2,
  });
  assert.equal(routeOf(block, 2, 0, 2)?.experts[0], 3);
  assert.equal(routeOf(block, 2, 0, 3), null);
});

test("a block from the middle of a run keeps the run's positions", () => {
  const rest = unpackBlock(packBlock(ROUTES, 1).slice().buffer, 1, 2, 2);
  assert.equal(rest.nTokens, 2);
  assert.equal(routeOf(rest, 2, 0, 0), null);
  assert.deepEqual(routeOf(rest, 2, 1, 2), routeOf(block, 2, 1, 2));
});

test("load counts each route once and uniform is what an even share would be", () => {
  assert.deepEqual(Array.from(expertLoad(ROUTES)), [2, 3, 0, 1, 1, 1, 2, 2]);
  assert.equal(uniformLoad(3, 2, 4), 1.5);
});

test("a token's entropy is the mean over its layers", () => {
  assert.equal(meanEntropyBits(block, 2, 0), 1.5);
});

test("a dense model gets a sentence instead of an empty picture", () => {
  const dense = runRecord(["a"], { moeLayers: [], architecture: "llama" });
  assert.match(refusalOf(dense), /dense model.*no routed experts/);
  assert.match(routingText(dense, null), /dense model/);
  assert.match(routingPicture(dense, null), /aria-label="[^"]*no routed experts/);
  assert.equal(refusalOf(runRecord(["a"])), "");
});

test("the static picture names what it leaves out and stays below 150 kB", () => {
  const nTokens = 500;
  const layers = Array.from({ length: 58 }, (_, i) => i + 3);
  const routes = 58 * nTokens * 8;
  const svg = routingPicture(runRecord(Array.from({ length: nTokens }, (_, i) => `t${i}`)), {
    layers,
    nTokens,
    nExperts: 256,
    nExpertsPerToken: 8,
    indices: Int32Array.from({ length: routes }, (_, i) => (i * 31) % 256),
    weights: new Float32Array(routes).fill(0.125),
    entropyBits: new Float32Array(58 * nTokens),
    biasedScores: null,
  });
  assert.ok(svg.length < 150_000, `${svg.length} characters`);
  assert.match(svg, /aria-label="Experts chosen for 60 tokens in \d+ layers of [^"]+"/);
  assert.match(svg, /440 more tokens, \d+ more layers/);
});
