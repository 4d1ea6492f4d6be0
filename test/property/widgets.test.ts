import assert from "node:assert/strict";
import { test } from "node:test";
import type { RoutingRecord } from "../../engine/trace/schema.ts";
import { largestWeight, MASKED, shadeTile, strongest } from "../../widgets/attention/data.ts";
import { exactF32 } from "../../widgets/render/formatNumber.ts";
import { escapeXml } from "../../widgets/render/staticSvg.ts";
import { visibleToken } from "../../widgets/render/visibleToken.ts";
import { blockTokens, packBlock, routeOf, unpackBlock } from "../../widgets/routing/data.ts";
import { expertLoad } from "../../widgets/routing/expertCounts.ts";
import { anyText } from "../fixtures/anyText.ts";
import fc from "../fixtures/fastCheck.ts";

test("every finite f32 survives being written out", () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      assert.equal(Math.fround(Number(exactF32(value))), Math.fround(value + 0));
    }),
  );
});

test("a visible token has no blank and no control character, whatever the text", () => {
  fc.assert(
    fc.property(anyText(), (text) => {
      assert.doesNotMatch(visibleToken(text), /[\s\p{Cc}\p{Cf}]/u);
      assert.ok(visibleToken(text).length > 0);
    }),
  );
});

test("escaped text never opens a tag, an entity or a quote", () => {
  fc.assert(
    fc.property(anyText(), (text) => {
      assert.doesNotMatch(escapeXml(text), /[<>"]|&(?!(amp|lt|gt|quot);)|[\p{Cc}\p{Cs}]/u);
    }),
  );
});

test("a tile masks exactly the cells with no visible pair, at any place and pool, on any scale", () => {
  fc.assert(
    fc.property(
      fc.record({
        rows: fc.integer({ min: 1, max: 6 }),
        columns: fc.integer({ min: 1, max: 6 }),
        queryStart: fc.nat(20),
        keyStart: fc.nat(20),
        pool: fc.integer({ min: 1, max: 5 }),
      }),
      fc.constantFrom("linear" as const, "log" as const, "rank" as const),
      fc.infiniteStream(fc.float({ min: 0, max: 1, noNaN: true })),
      (place, scale, numbers) => {
        const weights = Float32Array.from(
          { length: place.rows * place.columns },
          () => numbers.next().value ?? 0,
        );
        const tile = { weights, ...place };
        const max = largestWeight(tile, 0);
        const shades = shadeTile(tile, { scale, nHidden: 0, max });
        shades.forEach((shade, i) => {
          const lastQuery = place.queryStart + (Math.floor(i / place.columns) + 1) * place.pool - 1;
          const firstKey = place.keyStart + (i % place.columns) * place.pool;
          if (firstKey > lastQuery) assert.equal(shade, MASKED);
          else assert.ok(shade >= 0 && shade <= 1, `${shade}`);
        });
      },
    ),
  );
});

test("the strongest weights and the rest make up the whole row", () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { maxLength: 40 }),
      fc.nat(12),
      (row, count) => {
        const weights = Float32Array.from(row);
        const { top, nOthers, othersMass } = strongest(weights, count);
        const shown = top.reduce((sum, { weight }) => sum + weight, 0);
        const whole = weights.reduce((sum, weight) => sum + weight, 0);
        assert.ok(Math.abs(shown + othersMass - whole) < 1e-9);
        assert.equal(top.length + nOthers, weights.filter((w) => w > 0).length);
        const least = top.at(-1)?.weight ?? 1;
        assert.ok(weights.filter((w) => w > least).length <= top.length);
      },
    ),
  );
});

test("blocks of routes cover every token once, and loads add up to all routes", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 2500 }),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(),
      (nLayers, nTokens, k, seed) => {
        const routes = nLayers * nTokens * k;
        const record: RoutingRecord = {
          layers: Array.from({ length: nLayers }, (_, i) => i),
          nTokens,
          nExperts: 8,
          nExpertsPerToken: k,
          indices: Int32Array.from({ length: routes }, (_, i) => (seed + i * 7) % 8),
          weights: Float32Array.from({ length: routes }, (_, i) => i),
          entropyBits: Float32Array.from({ length: nLayers * nTokens }, (_, i) => i),
          biasedScores: null,
        };
        assert.equal(
          expertLoad(record).reduce((a, b) => a + b, 0),
          routes,
        );
        let covered = 0;
        for (let start = 0; start < nTokens; start += blockTokens(nLayers, k)) {
          const block = unpackBlock(packBlock(record, start).slice().buffer, start, nLayers, k);
          covered += block.nTokens;
          const last = start + block.nTokens - 1;
          const route = routeOf(block, k, nLayers - 1, last);
          const at = ((nLayers - 1) * nTokens + last) * k;
          assert.deepEqual(route?.weights, Array.from(record.weights.subarray(at, at + k)));
          assert.equal(route?.entropyBits, (nLayers - 1) * nTokens + last);
        }
        assert.equal(covered, nTokens);
      },
    ),
    { numRuns: 40 },
  );
});
