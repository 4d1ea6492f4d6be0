import { ropeTables } from "../model/rope.ts";
import type { ModelSpec } from "../model/spec.ts";
import type { PlanChanges } from "../plan/planChanges.ts";
import type { FrameOwner } from "./frameOwner.ts";
import type { TensorGroup } from "./tensorGroup.ts";

/**
 * The length that rotary tables are made for, where a sequence begins with `nPrompt` tokens; 0 where they are the same for all.
 * Tables of one length are the same.
 */
export function rotaryLength({ rope: { dynamic } }: ModelSpec, nPrompt: number): number {
  return dynamic === null ? 0 : Math.max(nPrompt, dynamic.trainedLength);
}

/** The rotary tables among the tensors of a group, which are written when a sequence needs others than there are. */
export class RotaryTables {
  readonly #owner: FrameOwner;
  readonly #group: TensorGroup;
  readonly #capacity: number;
  readonly #changes: PlanChanges | null;
  /** What the tables were made for; null before there are any. */
  #turned: number | null = null;

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
    const length = rotaryLength(spec, nPrompt);
    if (this.#turned === length || this.#group.get("rope.cos") === undefined) return;
    const tables = ropeTables(spec.rope, this.#capacity, nPrompt, this.#changes?.shift);
    for (const [name, data] of Object.entries(tables)) {
      const table = this.#group.get(`rope.${name}`);
      if (table === undefined) throw new Error(`the plan has no table of ${name}`);
      backend.write(table, 0, table.dtype === "f64" ? data : Float32Array.from(data));
    }
    this.#turned = length;
  }
}
