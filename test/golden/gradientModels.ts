import assert from "node:assert/strict";
import { after } from "node:test";
import {
  type EditRequest,
  type Gradients,
  logitDifference,
  type Model,
  type SweepMetric,
  type Tensor,
} from "../../engine/index.ts";
import { maxDifference } from "../../scripts/accuracy/siteErrors.ts";
import { fixtureFolder, openModel } from "./openModel.ts";

export const METRIC = logitDifference(7, 31);
/** Of central differences. */
export const STEP = 1e-5;

const byName = new Map<string, Promise<Model>>();
after(async () => {
  for (const model of byName.values()) (await model).dispose();
});

/** One model for all tests of a file that ask for it. */
export function open(folder: string, backend: "reference" | "cpu" = "reference"): Promise<Model> {
  const key = `${folder} ${backend}`;
  const model =
    byName.get(key) ?? openModel(backend, fixtureFolder(folder)).then((opened) => opened.model);
  byName.set(key, model);
  return model;
}

export const largest = (data: ArrayLike<number>): number =>
  maxDifference(data, new Float64Array(data.length));

export function gradientOf({ gradients }: Gradients, site: string): Tensor<Float64Array> {
  const gradient = gradients.get(site);
  assert.ok(gradient, site);
  return gradient;
}

export function inner(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** The metric of a run with edits. */
export async function measured(
  model: Model,
  ids: readonly number[],
  edits: readonly EditRequest[],
  metric: SweepMetric = METRIC,
): Promise<number> {
  const run = await model.run([...ids], {
    edits,
    logits: [metric.position ?? -1],
    keep: "nothing",
  });
  const value = await metric(run.logits.data);
  run.dispose();
  return value;
}
