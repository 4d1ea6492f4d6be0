import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { ropeTables } from "../model/rope.ts";
import type { ModelSpec } from "../model/spec.ts";
import type { PlanChanges } from "../plan/planChanges.ts";
import { rotaryTable } from "../plan/planScope.ts";
import type { FrameOwner } from "./frameOwner.ts";
import type { TensorGroup } from "./tensorGroup.ts";

/**
 * The length that rotary tables are made for, where a sequence begins with `nPrompt` tokens; 0 where they are the same for all.
 * Tables of one length are the same.
 */
export function rotaryLength({ ropes }: Pick<ModelSpec, "ropes">, nPrompt: number): number {
  const trained = ropes.flatMap(({ dynamic }) => dynamic?.trainedLength ?? []);
  return trained.length === 0 ? 0 : Math.max(nPrompt, Math.min(...trained));
}

/** The rotary tables among the tensors of a group, which are written when a sequence needs others than there are. */
export class RotaryTables {
  readonly #owner: FrameOwner;
  readonly #group: TensorGroup;
  readonly #capacity: number;
  readonly #changes: PlanChanges | null;
  /** What each of the spec's `ropes` was made for, where there are tables of it. */
  readonly #turned = new Map<number, number>();

  constructor(
    owner: FrameOwner,
    group: TensorGroup,
    capacity: number,
    changes: PlanChanges | null = null,
  ) {
    this.#owner = owner;
    this.#group = group;
    this.#capacity = capacity;
    this.#changes = changes;
  }

  /** Makes them those of a sequence of which `nPrompt` tokens enter together. */
  turnFor(nPrompt: number): void {
    const { backend, spec } = this.#owner;
    spec.ropes.forEach((rope, index) => {
      const length = rotaryLength({ ropes: [rope] }, nPrompt);
      const cos = this.#group.get(rotaryTable(index, "cos"));
      const sin = this.#group.get(rotaryTable(index, "sin"));
      if (this.#turned.get(index) === length || cos === undefined || sin === undefined) return;
      const tables = ropeTables(rope, this.#capacity, nPrompt, this.#changes?.shift);
      const write = (table: DeviceTensor, data: Float64Array) =>
        backend.write(table, 0, table.dtype === "f64" ? data : Float32Array.from(data));
      write(cos, tables.cos);
      write(sin, tables.sin);
      this.#turned.set(index, length);
    });
  }
}
