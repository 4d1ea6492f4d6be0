import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import { windowsOf } from "../fixtures/layers.ts";

interface Meaning {
  readonly config: Readonly<Record<string, unknown>>;
  readonly inverseFrequencies: readonly number[];
  readonly magnitude: number;
  readonly scale: number;
  readonly normEps: number;
  readonly windows: readonly (number | null)[];
  readonly rotates: readonly boolean[];
  readonly nKvHeads: number;
}

const url = new URL("../fixtures/configs/meanings.json", import.meta.url);
const meanings: Record<string, Meaning> = JSON.parse(readFileSync(url, "utf8"));

/** transformers keeps frequencies in float32. */
function near(got: number, expected: number, what: string): void {
  assert.ok(Math.abs(got - expected) <= 2e-6 * Math.abs(expected), `${what}: ${got}, ${expected}`);
}

describe("a config means what the model that transformers builds from it holds:", () => {
  for (const [what, meaning] of Object.entries(meanings))
    test(what, () => {
      const { ropes, layers, normEps } = normalizeConfig(meaning.config);
      const [rope] = ropes;
      assert.deepEqual(
        layers.map((layer) => layer.rope !== null),
        meaning.rotates,
      );
      const [attention] = layers.map((layer) => layer.attention);
      assert.ok(rope && attention && ropes.length === 1);
      assert.equal(rope.inverseFrequencies.length, meaning.inverseFrequencies.length);
      for (const [j, f] of rope.inverseFrequencies.entries())
        near(f, meaning.inverseFrequencies[j] ?? Number.NaN, `frequency ${j}`);
      near(rope.magnitude, meaning.magnitude, "magnitude");
      near(attention.scale, meaning.scale, "scale");
      assert.equal(normEps, meaning.normEps);
      if (attention.kind === "mla") return;
      assert.deepEqual(windowsOf(normalizeConfig(meaning.config)), meaning.windows);
      assert.equal(attention.nKvHeads, meaning.nKvHeads);
    });
});
