import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigReader } from "../../engine/model/configReader.ts";
import { resolveRope, ropeTables } from "../../engine/model/rope.ts";

const request = { layout: "half", dim: 8, contextLength: 4096 } as const;
const defaults = { rope_theta: 10_000 };
const read = (config: object) => new ConfigReader(config, "config.json", { defaults, aliases: {} });
const resolve = (config: object) => resolveRope(read(config), request);

function close(got: readonly number[], expected: readonly number[]): void {
  assert.equal(got.length, expected.length);
  for (const [j, value] of got.entries())
    assert.ok(Math.abs(value / expected[j]! - 1) < 1e-12, `${j}: ${value}, not ${expected[j]}`);
}

const plain = [1, 0.1, 0.01, 0.001]; // 10,000^(-2j/8)

describe("rotary frequencies", () => {
  test("are theta^(-2j/dim), where nothing scales them", () => {
    const { rope, softmaxMscale } = resolve({});
    close(rope.inverseFrequencies, plain);
    assert.deepEqual([rope.layout, rope.dim, rope.magnitude, softmaxMscale], ["half", 8, 1, 1]);
    close(resolve({ rope_theta: 16 }).rope.inverseFrequencies, [1, 0.5, 0.25, 0.125]);
    const nested = { rope_theta: 10_000, rope_parameters: { rope_theta: 16 } };
    close(resolve(nested).rope.inverseFrequencies, [1, 0.5, 0.25, 0.125]);
  });

  test("are divided by a linear factor, under either name of its type", () => {
    const scaled = plain.map((f) => f / 4);
    for (const key of ["type", "rope_type"])
      close(
        resolve({ rope_scaling: { [key]: "linear", factor: 4 } }).rope.inverseFrequencies,
        scaled,
      );
  });

  test("of Llama 3 are kept, blended or divided by their wavelengths", () => {
    // Wavelengths 6.28, 62.8, 628, 6283 against 1000 / 20 = 50 and 1000 / 2 = 500.
    const rope_scaling = {
      rope_type: "llama3",
      factor: 8,
      low_freq_factor: 2,
      high_freq_factor: 20,
      original_max_position_embeddings: 1000,
    };
    const blend = (1000 / (2 * Math.PI * 10) - 2) / (20 - 2);
    close(resolve({ rope_scaling }).rope.inverseFrequencies, [
      1,
      0.1 * ((1 - blend) / 8 + blend),
      0.01 / 8,
      0.001 / 8,
    ]);
  });

  test("of YaRN are kept above beta_fast turns, divided below beta_slow, and ramp between", () => {
    const yarn = { type: "yarn", factor: 4, original_max_position_embeddings: 1000 };
    const dimOfTurns = (turns: number) =>
      (8 * Math.log(1000 / (2 * Math.PI * turns))) / (2 * Math.log(10_000));
    const expected = (low: number, high: number) =>
      plain.map((f, j) => {
        const ramp = Math.min(Math.max((j - low) / (high - low), 0), 1);
        return (f / 4) * ramp + f * (1 - ramp);
      });
    const of = (more: object) => resolve({ rope_scaling: { ...yarn, ...more } }).rope;
    const [fast, slow] = [dimOfTurns(32), dimOfTurns(1)];
    close(of({}).inverseFrequencies, expected(Math.floor(fast), Math.ceil(slow)));
    close(of({ truncate: false }).inverseFrequencies, expected(fast, slow));
    close(
      of({ beta_fast: 8, beta_slow: 2, truncate: false }).inverseFrequencies,
      expected(dimOfTurns(8), dimOfTurns(2)),
    );
  });

  test("of YaRN bring a magnitude, and one for the softmax scale", () => {
    const of = (more: object) => resolve({ rope_scaling: { type: "yarn", factor: 4, ...more } });
    const m = (mscale: number) => 0.1 * mscale * Math.log(4) + 1;
    assert.equal(of({}).rope.magnitude, m(1));
    assert.equal(of({}).softmaxMscale, 1);
    assert.equal(of({ attention_factor: 1.75 }).rope.magnitude, 1.75);
    assert.equal(of({ mscale: 0.5, mscale_all_dim: 2 }).rope.magnitude, m(0.5) / m(2));
    assert.equal(of({ mscale: 0.5, mscale_all_dim: 2 }).softmaxMscale, m(2));
    assert.equal(of({ mscale: 0.5 }).rope.magnitude, m(1));
    assert.equal(of({ factor: 1 }).rope.magnitude, 1);
  });

  test("of a kind that is not known, and heads that are rotated in part, are refused", () => {
    const code = "ERR_CONFIG";
    assert.throws(() => resolve({ rope_scaling: { type: "longrope", factor: 2 } }), { code });
    assert.throws(() => resolve({ rope_scaling: { type: "linear" } }), { code });
    assert.throws(() => resolve({ partial_rotary_factor: 0.5 }), { code });
    assert.throws(() => resolve({ rope_parameters: { partial_rotary_factor: 0.5 } }), { code });
    assert.throws(() => resolve({ partial_rotary_factor: 0.5, rope_parameters: {} }), { code });
    resolve({ partial_rotary_factor: 1 });
  });

  test("of heads that rotate in part are those of a narrower head", () => {
    const of = (config: object) =>
      resolveRope(read(config), { ...request, dim: 32, isPartial: true }).rope;
    assert.equal(of({}).dim, 32);
    close(of({ partial_rotary_factor: 0.25 }).inverseFrequencies, plain);
    const rope_parameters = { rope_type: "linear", factor: 4, partial_rotary_factor: 0.25 };
    close(
      of({ rope_parameters, partial_rotary_factor: 0.5 }).inverseFrequencies,
      plain.map((f) => f / 4),
    );
    const yarn = of({
      partial_rotary_factor: 0.5,
      rope_scaling: { type: "yarn", factor: 8, original_max_position_embeddings: 32 },
    });
    const inTransformers = [
      1, 0.177878112, 0.0125000002, 0.00395284733, 0.00124999997, 0.000395284733, 0.000125000006,
      3.95284733e-5,
    ]; // float32
    assert.equal(yarn.dim, 16);
    for (const [j, value] of yarn.inverseFrequencies.entries())
      assert.ok(Math.abs(value / inTransformers[j]! - 1) < 1e-6, `${j}: ${value}`);
    for (const factor of [0, 0.05, 0.16, 1.5, "half"])
      assert.throws(() => of({ partial_rotary_factor: factor }), { code: "ERR_CONFIG" });
  });
});

test("the tables hold cos and sin of position times frequency, magnitude included", () => {
  const rope = {
    layout: "half",
    scaling: "default",
    dim: 4,
    inverseFrequencies: [1, 0.5],
    dynamic: null,
    magnitude: 2,
  } as const;
  const { cos, sin } = ropeTables(rope, 3, 3);
  const angles = [0, 0, 1, 0.5, 2, 1];
  assert.deepEqual(
    [...cos],
    angles.map((angle) => 2 * Math.cos(angle)),
  );
  assert.deepEqual(
    [...sin],
    angles.map((angle) => 2 * Math.sin(angle)),
  );
});
