import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { checkOperator } from "../../engine/backend/checkOperator.ts";
import type { DeviceTensor } from "../../engine/backend/deviceTensor.ts";
import type { Operator } from "../../engine/backend/operators.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import type { ModelSpec } from "../../engine/model/spec.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import { concreteShape } from "../../engine/plan/concreteShape.ts";
import type { Plan, Ref } from "../../engine/plan/plan.ts";
import { isRef } from "../../engine/plan/planBuilder.ts";
import { uniformForms } from "../fixtures/layers.ts";
import { FIXTURES } from "../golden/openModel.ts";

const SIZES = { rows: 5, capacity: 16 };

function spec(name: string): ModelSpec {
  const url = new URL(`../fixtures/hf-random/${name}/config.json`, import.meta.url);
  return normalizeConfig(JSON.parse(readFileSync(url, "utf8")));
}

/** A tensor on paper in the place of a name. */
function tensorOf(plan: Plan, { from, name }: Ref): DeviceTensor {
  const weight = plan.weights.get(name);
  if (from === "weight" && weight !== undefined)
    return { shape: weight.shape, dtype: "f32", label: name, sizeBytes: 0 };
  const value = plan.values.get(name);
  assert.ok(value !== undefined, name);
  return { shape: concreteShape(value, SIZES), dtype: value.dtype, label: name, sizeBytes: 0 };
}

/** Every operator takes the tensors that the plan asks for, as long a step as those hold, and no longer. */
function assertFits(plan: Plan): void {
  const tensors = new Map<string, DeviceTensor>();
  const limits = plan.ops.map(({ operator }) => {
    const fields = Object.entries(operator).map(([field, value]) => {
      if (!isRef(value)) return [field, value];
      const key = `${value.from} ${value.name}`; // a weight may be called as what it makes
      const tensor = tensors.get(key) ?? tensorOf(plan, value);
      tensors.set(key, tensor);
      return [field, tensor];
    });
    return checkOperator(Object.fromEntries(fields) as Operator);
  });
  const positions = [SIZES.capacity, Number.POSITIVE_INFINITY];
  if (plan.spec.learnedPositions) positions.push(plan.spec.contextLength);
  for (const [index, { maxTokens, maxPosition }] of limits.entries()) {
    const { kind } = plan.ops[index]!.operator;
    assert.ok([SIZES.rows, Number.POSITIVE_INFINITY].includes(maxTokens), `${kind} ${maxTokens}`);
    assert.ok(positions.includes(maxPosition), `${kind} ${maxPosition}`);
  }
  assert.ok(limits.some(({ maxPosition }) => maxPosition === SIZES.capacity));
}

for (const name of FIXTURES)
  test(`every operator of ${name} takes the tensors that its plan asks for`, () => {
    for (const form of uniformForms(spec(name))) {
      const plan = compilePlan(spec(name), { form });
      assertFits(plan);
      const observed = new Set(
        plan.spec.layers.flatMap((_, layer) =>
          ["hook_attn_out", "hook_mlp_out", "ln1.hook_normalized", "attn.hook_z"].map(
            (site) => `blocks.${layer}.${site}`,
          ),
        ),
      );
      assertFits(compilePlan(spec(name), { form, observed }));
    }
  });

test("a plan without a form is the one that its attention has, absorbed where there are two", () => {
  assert.deepEqual(compilePlan(spec("deepseek_v3")).form, ["absorbed", "absorbed", "absorbed"]);
  assert.deepEqual(compilePlan(spec("llama3")).form, ["gqa", "gqa"]);
});
