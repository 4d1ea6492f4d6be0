import assert from "node:assert/strict";
import type { Backend } from "../../engine/backend/backend.ts";
import { rowSize } from "../../engine/backend/checkOperator.ts";
import type { DeviceTensor, Step } from "../../engine/backend/deviceTensor.ts";
import type { Operator } from "../../engine/backend/operators.ts";
import type { HostArray } from "../../engine/tensor/tensor.ts";
import type { OperatorCase, Output } from "./cases/operatorCase.ts";

/** Values of every output of a case, by field name; only the rows the case compares. */
export type Outputs = ReadonlyMap<string, HostArray>;

/** One case on one backend: the tensors live from construction to `free`. */
export class CaseOnBackend {
  readonly #backend: Backend;
  readonly #case: OperatorCase;
  readonly #tensors: Record<string, DeviceTensor> = {};
  readonly #operator: Operator;

  constructor(backend: Backend, operatorCase: OperatorCase) {
    this.#backend = backend;
    this.#case = operatorCase;
    for (const [name, field] of Object.entries(operatorCase.fields)) {
      if (field.role === "weight") {
        const tensor = backend.allocWeight(field.shape, field.data.dtype, name);
        backend.writeWeight(tensor, 0, field.data);
        this.#tensors[name] = tensor;
      } else {
        const initial = field.role === "out" ? field.initial : field.data;
        const dtype = initial instanceof Int32Array ? "i32" : "f32";
        const tensor = backend.alloc(field.shape, dtype, name);
        backend.write(tensor, 0, initial);
        this.#tensors[name] = tensor;
      }
    }
    this.#operator = operatorCase.operator(this.#tensors);
  }

  /** The whole step from clean outputs. */
  async run(): Promise<Outputs> {
    return this.#execute(this.#case.step);
  }

  /** The whole steps of cases of one kind of operator as parts of one execution, from clean outputs. */
  static async runTogether(cases: readonly CaseOnBackend[]): Promise<Outputs[]> {
    const [first] = cases;
    assert.ok(first);
    for (const one of cases) one.#clean();
    first.#backend.executeParts(
      cases.map((one) => ({ program: [one.#operator], step: one.#case.step })),
    );
    const outputs: Outputs[] = [];
    for (const one of cases) outputs.push(await one.#outputs(one.#case.step));
    return outputs;
  }

  /** Tokens [first, first + count) of the case alone, as a shorter step at their own positions. */
  async runTokens(first: number, count: number): Promise<Outputs> {
    for (const [name, field] of Object.entries(this.#case.fields)) {
      if (field.role !== "token") continue;
      const width = field.tokenWidth ?? field.data.length / field.shape[0]!;
      const rows = field.data.slice(first * width, (first + count) * width);
      this.#backend.write(this.#tensors[name]!, 0, rows);
    }
    return this.#execute({ nTokens: count, start: this.#case.step.start + first });
  }

  free(): void {
    for (const tensor of Object.values(this.#tensors)) this.#backend.free(tensor);
  }

  async #execute(step: Step): Promise<Outputs> {
    this.#clean();
    this.#backend.execute([this.#operator], step);
    return this.#outputs(step);
  }

  #clean(): void {
    for (const [name, field] of Object.entries(this.#case.fields))
      if (field.role === "out") this.#backend.write(this.#tensors[name]!, 0, field.initial);
  }

  async #outputs(step: Step): Promise<Outputs> {
    const outputs = new Map<string, HostArray>();
    for (const [name, field] of Object.entries(this.#case.fields)) {
      if (field.role !== "out") continue;
      const tensor = this.#tensors[name]!;
      const size = rowSize(tensor);
      const first = field.axis === "token" ? (step.row ?? 0) * size : 0;
      const count = comparedRows(field, step) * size;
      const all = await this.#backend.read(tensor);
      outputs.set(name, all.slice(first, first + count));
      if (field.axis === "token") assertUntouched(name, field, all, first, first + count);
    }
    return outputs;
  }
}

/** Rows outside of the step's are what they were. */
function assertUntouched(
  name: string,
  { initial }: Output,
  all: HostArray,
  first: number,
  end: number,
): void {
  for (let i = 0; i < all.length; i++)
    if ((i < first || i >= end) && !Object.is(all[i], initial[i]))
      assert.fail(`${name}: element ${i} is outside of the step's rows and became ${all[i]}`);
}

function comparedRows(field: Output, step: Step): number {
  switch (field.axis) {
    case "token":
      return step.nTokens;
    case "position":
      return step.start + step.nTokens;
    case "one":
      return 1;
    case "whole":
      return field.shape[0]!;
  }
}
