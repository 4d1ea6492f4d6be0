import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chosenSites, type PrecisionSite } from "../../widgets/precision/chosenSites.ts";
import {
  errorText,
  type PrecisionRecord,
  precisionText,
  rangeText,
  strengths,
  summaryText,
} from "../../widgets/precision/data.ts";
import { numberError, rowErrors } from "../../widgets/precision/errors.ts";
import { logitShift } from "../../widgets/precision/logitShift.ts";
import { routeMap, siteMap, tokenMap } from "../../widgets/precision/maps.ts";
import {
  checkSameModel,
  checkSameShapes,
  checkSameTokens,
} from "../../widgets/precision/refusals.ts";
import { routeChanges } from "../../widgets/precision/routeChanges.ts";
import { precisionPicture } from "../../widgets/precision/staticPicture.ts";
import { precisionTables } from "../../widgets/precision/tables.ts";
import { ROUTES, runRecord } from "../fixtures/runRecords.ts";

describe("errors of numbers", () => {
  test("are the root of squared differences over the squared reference, and the largest difference", () => {
    const error = numberError(Float32Array.of(3, 5, 1), Float32Array.of(3, 4, 0));
    assert.equal(error.relative, Math.sqrt(2 / 25));
    assert.equal(error.largest, 1);
    assert.equal(error.nNotFinite, 0);
  });

  test("leave out what is not finite, and count it where it is not the same", () => {
    const [inf, nan] = [Number.NEGATIVE_INFINITY, Number.NaN];
    const error = numberError(Float64Array.of(inf, nan, 1, inf), Float64Array.of(inf, nan, 2, 0));
    assert.deepEqual(error, { relative: 0.5, largest: 1, nNotFinite: 1 });
  });

  test("of what is 0 in the reference alone are infinite, of equal zeros 0", () => {
    assert.equal(
      numberError(Float32Array.of(1), Float32Array.of(0)).relative,
      Number.POSITIVE_INFINITY,
    );
    assert.equal(numberError(Float32Array.of(0), Float32Array.of(0)).relative, 0);
  });

  test("are summed in float64", () => {
    const tiny = Float32Array.from({ length: 1e5 }, () => 1e-30);
    const error = numberError(tiny, new Float32Array(1e5).fill(2e-30));
    assert.ok(Math.abs(error.relative - 0.5) < 1e-6, String(error.relative));
  });

  test("of rows are each row's own", () => {
    const rows = rowErrors(Float32Array.of(1, 0, 0, 2), Float32Array.of(1, 0, 0, 4), 2);
    assert.deepEqual([...rows], [0, 0.5]);
  });
});

test("logits diverge by the bits that the other's probabilities cost", () => {
  const ln = Math.log;
  const p = Float64Array.of(ln(0.5), ln(0.25), ln(0.25));
  const q = Float64Array.of(ln(0.25) + 7, ln(0.5) + 7, ln(0.25) + 7); // a shift of all changes nothing
  const shift = logitShift(q, p);
  assert.deepEqual([shift.top, shift.referenceTop], [1, 0]);
  assert.ok(Math.abs(shift.klBits - 0.25) < 1e-12, String(shift.klBits));
  assert.equal(logitShift(p, p).klBits, 0);
});

test("a route changed where an expert of the reference is not chosen any more", () => {
  const indices = Int32Array.from(ROUTES.indices);
  indices.set([1, 0], 0); // the same two in another order
  indices.set([1, 2], 6); // of experts 2 and 3 one is left
  const changed = routeChanges({ ...ROUTES, indices }, ROUTES);
  assert.deepEqual([...changed], [0, 0, 0, 1, 0, 0]);
});

const site = (name: string, more: Partial<PrecisionSite> = {}): PrecisionSite => ({
  ...{ name, dims: ["T", "M"], shape: ["T", 8], dtype: "f32", state: "replayed" },
  ...more,
});
const SITES = [
  site("hook_embed", { state: "kept" }),
  ...[0, 1].flatMap((layer) => [
    site(`blocks.${layer}.attn.hook_v`, { state: "kept" }),
    site(`blocks.${layer}.attn.hook_pattern`, { dims: ["H", "T", "S"], state: "recomputed" }),
    site(`blocks.${layer}.attn.hook_index_scores`, { dims: ["T", "S"], state: "kept" }),
    site(`blocks.${layer}.mlp.hook_pre`),
    site(`blocks.${layer}.hook_resid_post`),
  ]),
  site("blocks.1.mlp.hook_expert_out", { dims: ["T", "k", "M"], state: "kept" }),
  site("blocks.1.mlp.hook_expert_indices", { dtype: "i32", state: "kept" }),
  site("hook_logits", { dims: ["T", "V"], state: "captured" }),
];

test("compared are rows of tokens that are there, and what blocks leave", () => {
  assert.deepEqual(chosenSites(SITES, SITES, null), [
    { name: "hook_embed", layers: null },
    { name: "attn.hook_v", layers: [0, 1] },
    { name: "hook_resid_post", layers: [0, 1] },
  ]);
  assert.deepEqual(chosenSites(SITES, SITES, ["mlp.hook_pre"]), [
    { name: "mlp.hook_pre", layers: [0, 1] },
  ]);
  assert.throws(() => chosenSites(SITES, SITES, ["blocks.0.mlp.hook_pre"]), {
    name: "TypeError",
    message:
      /expected names such as .*mlp\.hook_pre.*, got "blocks\.0\.mlp\.hook_pre"\. Leave the block's name out\./,
  });
});

test("runs that cannot be compared are refused by name", () => {
  const run = runRecord(["a", "b"]);
  const other = {
    ...run,
    tokens: run.tokens.map((t, i) => ({
      ...t,
      id: i === 1 ? 9 : t.id,
      text: i === 1 ? "c" : t.text,
    })),
  };
  assert.throws(() => checkSameTokens(run, other), /got "b" beside "c" at position 1\./);
  assert.throws(() => checkSameTokens(run, runRecord(["a"])), /got 2 tokens beside 1\./);
  assert.throws(
    () => checkSameModel(run, runRecord(["a", "b"], { nLayers: 3 })),
    /got nLayers 2 beside 3\./,
  );
  const rows = [{ name: "attn.hook_v", layers: [0, 1] }];
  const wider = SITES.map((one) =>
    one.name === "blocks.1.attn.hook_v" ? { ...one, shape: ["T", 9] } : one,
  );
  assert.throws(
    () => checkSameShapes(rows, SITES, wider),
    /expected blocks\.1\.attn\.hook_v in one shape, got \(T, 8\) beside \(T, 9\)\./,
  );
  checkSameTokens(run, run);
  checkSameModel(run, run);
  checkSameShapes(rows, SITES, SITES);
});

test("strengths keep the order of errors; by decades the least that is not 0 can be seen", () => {
  assert.deepEqual(strengths([0, 1, 4], "linear"), [0, 0.25, 1]);
  const [none, least, middle, most] = strengths([0, 1e-6, 1e-4, 1e-2], "log");
  assert.deepEqual([none, most], [0, 1]);
  assert.ok(least === 0.12 && Math.abs((middle ?? 0) - 0.56) < 1e-12, `${least}, ${middle}`);
  assert.deepEqual(strengths([0, 0], "log"), [0, 0]);
  assert.ok(Number.isNaN(strengths([Number.POSITIVE_INFINITY, 1], "linear")[0]));
});

const RECORD: PrecisionRecord = {
  ...{ name: "small in q4", referenceName: "small", nLayers: 2, tokenTexts: ["a", " <b>"] },
  rows: [
    {
      name: "hook_resid_post",
      layers: [0, 1],
      errors: [
        { relative: 0.01, largest: 1, nNotFinite: 0 },
        { relative: 0.02, largest: 3, nNotFinite: 0 },
      ],
    },
    { name: "mlp.hook_pre", layers: [1], errors: [{ relative: 0, largest: 0, nNotFinite: 2 }] },
    { name: "hook_embed", layers: null, errors: [{ relative: 0.5, largest: 2, nNotFinite: 0 }] },
  ],
  tokens: [
    { top: "x", referenceTop: "x", isMoved: false, klBits: 0, relative: 0.1 },
    { top: "y", referenceTop: "z", isMoved: true, klBits: 0.5, relative: 0.2 },
  ],
  byToken: Float32Array.of(0.1, 0.2, 0.3, 0.4),
  routes: { layers: [1], changed: Uint8Array.of(0, 1), nExpertsPerToken: 2 },
};

test("matrices have a cell where a layer has the site, and none elsewhere", () => {
  const map = siteMap(RECORD, "largest", "linear");
  const cells = map.rowLabels.map((_, row) => [0, 1].map((column) => map.strengthAt(row, column)));
  assert.deepEqual(cells, [
    [1 / 3, 1],
    [null, 0],
    [null, 2 / 3],
  ]);
  assert.equal(routeMap(RECORD)?.strengthAt(0, 1), 0.5);
  assert.equal(tokenMap(RECORD, "linear")?.strengthAt(1, 1), 1);
  assert.equal(tokenMap({ ...RECORD, byToken: null }, "linear"), null);
});

test("words, tables and the static picture say the same numbers", () => {
  assert.equal(
    summaryText(RECORD),
    "likeliest token moved at 1 of 2 positions; 1 of 4 routes changed (25.0 %); residual stream off by 0.02 behind the last block",
  );
  assert.match(
    precisionText(RECORD),
    /small in q4 beside small.*\nhook_resid_post: relative error up to 0\.02/s,
  );
  const [errors, tokens] = precisionTables(RECORD);
  assert.deepEqual(errors?.columns[0]?.values, [
    ...["blocks.0.hook_resid_post", "blocks.1.hook_resid_post"],
    ...["blocks.1.mlp.hook_pre", "hook_embed"],
  ]);
  assert.deepEqual(errors?.columns[1]?.values, Float64Array.of(0.01, 0.02, 0, 0.5));
  assert.deepEqual(tokens?.columns.at(-1)?.values, [0, 1]);
  const svg = precisionPicture(RECORD);
  assert.match(svg, /behind ·&lt;b&gt; \(1\): y, not z/);
  assert.equal(
    [...svg.matchAll(/<path class="q\d"/g)].length,
    3,
    "a colour for each of three errors",
  );
  assert.deepEqual([0, 0.5, 1e-9, 123456].map(errorText), ["0", "0.5", "1.00e-9", "1.23e+5"]);
});

test("the range of a scale has its unit, and runs that are equal have none", () => {
  assert.equal(rangeText([0, 0.25, 0.5], "linear", " bits"), "full colour is 0.5 bits");
  assert.equal(rangeText([0.25, 0.5], "log"), "by decades from 0.25 to 0.5, grey is no difference");
  assert.equal(rangeText([0, 0], "linear", " bits"), "the same in both runs");
});
