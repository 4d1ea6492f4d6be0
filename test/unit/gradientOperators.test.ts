import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DeviceTensor } from "../../engine/backend/deviceTensor.ts";
import { edgeMask } from "../../engine/backend/edgeMask.ts";
import type { OperatorKind } from "../../engine/backend/operators.ts";
import { contractOf } from "../../engine/backend/operatorTable.ts";
import { createReferenceBackend } from "../../engine/backend/reference/referenceBackend.ts";
import { widen } from "../../engine/backend/widen.ts";
import { vjpOf } from "../../engine/gradient/operatorVjps.ts";
import type { Floats, VjpContext } from "../../engine/gradient/vjp.ts";
import type { Ref, SymbolicOperator } from "../../engine/plan/plan.ts";
import { isRef } from "../../engine/plan/planBuilder.ts";
import type { HostArray } from "../../engine/tensor/tensor.ts";
import type { Field, OperatorCase } from "../differential/cases/operatorCase.ts";
import { Seeded } from "../differential/cases/seeded.ts";
import { operatorCases } from "../differential/operatorCases.ts";

/** Of a central difference; f64 leaves about 1e-10 of the largest term. */
const STEP = 1e-6;
const TOLERANCE = 1e-6;
/** Elements of a case: what is larger shows nothing more. */
const MOST = 6000;

/** Kinds that gradients go through, but for the embedding, which has no float input. */
const DIFFERENTIABLE: readonly OperatorKind[] = [
  ...([
    "addPosition",
    "rmsNorm",
    "layerNorm",
    "clamp",
    "matmul",
    "rope",
    "writeRows",
    "add",
  ] as const),
  ...(["mlaLatent", "mlaAbsorbQuery", "mlaExpand", "attention", "swiGlu", "gelu"] as const),
  ...(["spreadStreams", "streamWeights", "readStreams", "writeStreams", "route"] as const),
  ...(["expertsUp", "expertsDown", "expertsCombine", "edit", "editMap"] as const),
  ...(["attentionScores", "softmax", "mixValues"] as const),
];

/** The numbers of every field, floats as f64. */
type Numbers = Record<string, HostArray>;

function numbersOf({ fields }: OperatorCase): Numbers {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, numbersOfField(field)]),
  );
}

function numbersOfField(field: Field): HostArray {
  if (field.role === "weight") {
    const values = new Float64Array(field.shape.reduce((a, b) => a * b, 1));
    widen(field.data, values, 0);
    return values;
  }
  const given = field.role === "out" ? field.initial : field.data;
  return given instanceof Int32Array ? given.slice() : Float64Array.from(given);
}

/** Where maps are compared with what they were before an edit, everything counts as edited. */
function allEdited({ kind, fields }: OperatorCase, numbers: Numbers): Numbers {
  if (kind !== "softmax" && kind !== "mixValues") return numbers;
  const { before } = fields;
  assert.ok(before);
  return { ...numbers, before: new Float64Array(before.shape.reduce((a, b) => a * b, 1)).fill(-7) };
}

/** What the operator writes, by field. */
async function outputsOf(one: OperatorCase, numbers: Numbers): Promise<Numbers> {
  const backend = createReferenceBackend();
  const tensors: Record<string, DeviceTensor> = {};
  for (const [name, field] of Object.entries(one.fields)) {
    const data = numbers[name] as HostArray;
    const isWeight = field.role === "weight";
    const tensor = isWeight
      ? backend.allocWeight(field.shape, field.data.dtype, name)
      : backend.alloc(field.shape, data instanceof Int32Array ? "i32" : "f32", name);
    if (isWeight) backend.writeWeight(tensor, 0, field.data);
    else backend.write(tensor, 0, data);
    tensors[name] = tensor;
  }
  backend.execute([one.operator(tensors)], one.step);
  const written: Numbers = {};
  for (const [name, field] of Object.entries(one.fields))
    if (field.role === "out") written[name] = await backend.read(tensors[name] as DeviceTensor);
  backend.dispose();
  return written;
}

/** The operator with the names of its fields in the places of tensors. */
function symbolic(one: OperatorCase): SymbolicOperator {
  const refs = Object.entries(one.fields).map(([name, { role }]): [string, Ref] => [
    name,
    { from: role === "weight" ? "weight" : "value", name },
  ]);
  const operator = one.operator(
    Object.fromEntries(refs) as unknown as Record<string, DeviceTensor>,
  );
  return operator as unknown as SymbolicOperator;
}

/** Rows that the step uses: those of its tokens, or all positions so far of what has one for each. */
function usedLength(one: OperatorCase, name: string): number {
  const field = one.fields[name] as Field;
  const { nTokens, start } = one.step;
  const size = field.shape.slice(1).reduce((a, b) => a * b, 1);
  const isOfTokens = field.role === "token" || (field.role === "out" && field.axis === "token");
  return size * Math.min(isOfTokens ? nTokens : start + nTokens, field.shape[0] ?? 0);
}

function contextOf(
  one: OperatorCase,
  numbers: Numbers,
  outputs: ReadonlyMap<string, Float64Array>,
): { context: VjpContext; gradients: Map<string, Float64Array> } {
  const { nTokens, start } = one.step;
  const gradients = new Map<string, Float64Array>();
  const used = (name: string): HostArray =>
    (numbers[name] as HostArray).subarray(0, usedLength(one, name));
  const shape = (name: string): readonly number[] => (one.fields[name] as Field).shape;
  const context: VjpContext = {
    start,
    nTokens,
    weights: {
      shape: ({ name }) => shape(name),
      read: async ({ name }, first = 0, count) => {
        const all = numbers[name] as Float64Array;
        return all.slice(first, count === undefined ? all.length : first + count);
      },
    },
    rowShape: ({ name }) => shape(name).slice(1),
    floats: ({ name }) =>
      (one.fields[name]?.role === "whole" ? numbers[name] : used(name)) as Floats,
    ints: ({ name }) => used(name) as Int32Array,
    mask({ name }) {
      const q = one.fields.q as Field;
      const nHeads = q.shape[1] ?? 0;
      const { words, firstBits } = edgeMask(shape(name), q.shape[0] ?? 0, nHeads);
      const data = numbers[name] as Int32Array;
      return { nHeads, words, bits: data.subarray(firstBits), rows: { width: nHeads, data } };
    },
    gradient: ({ name }) => outputs.get(name) ?? null,
    into(ref) {
      if (ref === null) return null;
      const known = gradients.get(ref.name) ?? new Float64Array(usedLength(one, ref.name));
      gradients.set(ref.name, known);
      return known;
    },
    intoSite: () => null,
  };
  return { context, gradients };
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
};

/** What is compared of the outputs: finite floats in the step's rows, each with a weight of its own. */
function cotangents(one: OperatorCase, operator: SymbolicOperator, written: Numbers) {
  const random = new Seeded(7);
  const found = new Map<string, Float64Array>();
  for (const field of contractOf(operator.kind).writes as readonly string[]) {
    const ref = (operator as unknown as Record<string, unknown>)[field];
    if (
      !isRef(ref) ||
      field === "lse" ||
      field === "moments" ||
      field === "scores" ||
      field === "biased"
    )
      continue;
    const values = written[ref.name] as HostArray;
    if (values instanceof Int32Array) continue;
    const length = usedLength(one, ref.name);
    const weights = Float64Array.from(random.floats(length));
    // A map has anything behind the query's own position, and cells that are not seen.
    found.set(
      ref.name,
      weights.map((w, i) => (Number.isFinite(values[i]) ? w : 0)),
    );
  }
  return found;
}

const weighted = (written: Numbers, weights: ReadonlyMap<string, Float64Array>): number => {
  let sum = 0;
  for (const [name, own] of weights)
    own.forEach((w, i) => {
      if (w !== 0) sum += w * ((written[name] as HostArray)[i] as number);
    });
  return sum;
};

/**
 * What is no function of its inputs alone: the pattern of given scores takes their lse as it is, and where scores are equal the
 * smallest step chooses other experts.
 */
const isApart = (one: OperatorCase, operator: SymbolicOperator): boolean =>
  (operator.kind === "attentionScores" && operator.lse !== null) || /\bties\b/.test(one.name);

describe("the vector-Jacobian product of an operator is what a central difference gives, in float64", () => {
  const tested = new Map<string, number>();
  for (const one of operatorCases) {
    const operator = symbolic(one);
    const vjp = vjpOf(operator);
    const size = Object.values(one.fields).reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
      0,
    );
    if (
      vjp === null ||
      vjp.inputs.length === 0 ||
      size > MOST ||
      (one.step.row ?? 0) > 0 ||
      isApart(one, operator)
    )
      continue;
    tested.set(one.kind, (tested.get(one.kind) ?? 0) + 1);
    test(`${one.kind}: ${one.name}`, async () => {
      const given = allEdited(one, numbersOf(one));
      const written = await outputsOf(one, given);
      const weights = cotangents(one, operator, written);
      const all = { ...given, ...written };
      const { context, gradients } = contextOf(one, all, weights);
      await vjp.backward(operator, context);
      for (const field of vjp.inputs as readonly string[]) {
        const ref = (operator as unknown as Record<string, unknown>)[field];
        if (!isRef(ref)) continue;
        await compare(one, given, ref.name, weights, gradients.get(ref.name) as Float64Array);
      }
    });
  }

  test("every kind that gradients go through has a case", () => {
    assert.deepEqual([...tested.keys()].sort(), [...DIFFERENTIABLE].sort());
  });
});

async function compare(
  one: OperatorCase,
  given: Numbers,
  name: string,
  weights: ReadonlyMap<string, Float64Array>,
  gradient: Float64Array,
): Promise<void> {
  const random = new Seeded(11);
  const direction = Float64Array.from(random.floats(gradient.length));
  const moved = async (by: number): Promise<Numbers> => {
    const values = (given[name] as Float64Array).slice();
    direction.forEach((d, i) => {
      values[i] = (values[i] as number) + by * d;
    });
    return outputsOf(one, { ...given, [name]: values });
  };
  const [above, below] = [await moved(STEP), await moved(-STEP)];
  for (const [field, values] of Object.entries(above))
    if (values instanceof Int32Array)
      assert.deepEqual(values, below[field], `${field} is held fixed`);
  const measured = (weighted(above, weights) - weighted(below, weights)) / (2 * STEP);
  const derived = dot(gradient, direction);
  const scale = Math.hypot(...gradient) + 1e-3;
  const difference = Math.abs(measured - derived);
  assert.ok(
    difference < TOLERANCE * scale * Math.sqrt(gradient.length),
    `${name}: ${derived}, measured ${measured}`,
  );
}
