import type { DeviceTensor } from "../backend/deviceTensor.ts";
import type { Operator } from "../backend/operators.ts";
import { concreteShape } from "../plan/concreteShape.ts";
import type { Plan } from "../plan/plan.ts";
import type { PlanChanges } from "../plan/planChanges.ts";
import type { FrameOwner, FrameSizes } from "./frameOwner.ts";
import { RotaryTables } from "./rotaryTables.ts";
import { TensorGroup } from "./tensorGroup.ts";

/**
 * What one of several sequences has to itself while they go through the model together: caches and rotary tables, and the
 * frame's operators bound to those. All else is the frame's.
 */
export class Region {
  readonly #caches: TensorGroup;
  readonly #tables: TensorGroup;
  readonly #rotary: RotaryTables;
  /** The region's tensor in place of the frame's. */
  readonly #own = new Map<DeviceTensor, DeviceTensor>();
  readonly #bound = new WeakMap<readonly Operator[], readonly Operator[]>();

  /**
   * @param plan any of the frame's kind
   * @param ofFrame the frame's tables and caches
   * @param changes what the frame's plans were specialised with
   */
  constructor(
    owner: FrameOwner,
    plan: Plan,
    sizes: FrameSizes,
    ofFrame: (name: string) => DeviceTensor | undefined,
    changes: PlanChanges | null,
  ) {
    this.#caches = new TensorGroup(owner);
    this.#tables = new TensorGroup(owner);
    this.#rotary = new RotaryTables(owner, this.#tables, sizes.capacity, changes);
    try {
      for (const value of plan.values.values()) {
        const { name, role, dtype } = value;
        const group = role === "cache" ? this.#caches : role === "table" ? this.#tables : null;
        const shared = ofFrame(name);
        if (group === null || shared === undefined) continue;
        this.#own.set(shared, group.alloc(name, concreteShape(value, sizes), dtype));
      }
    } catch (error) {
      this.free();
      throw error;
    }
  }

  get bytes(): number {
    return this.#caches.bytes + this.#tables.bytes;
  }

  /** Makes the rotary tables those of a sequence of which `nPrompt` tokens enter together. */
  turnFor(nPrompt: number): void {
    this.#rotary.turnFor(nPrompt);
  }

  /** The frame's operators on this region's tensors; the same list for the same list. */
  operators(ofFrame: readonly Operator[]): readonly Operator[] {
    const bound = this.#bound.get(ofFrame) ?? ofFrame.map((operator) => this.#bind(operator));
    this.#bound.set(ofFrame, bound);
    return bound;
  }

  /** Copies the first `rows` rows of every cache into `storage`. */
  copyCaches(storage: TensorGroup, rows: number): void {
    for (const name of this.#caches.names()) this.#caches.copy(name, storage, rows);
  }

  /** Puts `rows` rows that another sequence left in `storage` at the beginning of every cache. */
  fillCaches(storage: TensorGroup, rows: number): void {
    for (const name of this.#caches.names()) storage.copyInto(this.#caches, name, rows);
  }

  free(): void {
    this.#caches.freeAll();
    this.#tables.freeAll();
  }

  #bind(operator: Operator): Operator {
    const fields = Object.entries(operator).map(([field, value]) => [
      field,
      this.#own.get(value) ?? value,
    ]);
    return Object.fromEntries(fields) as Operator;
  }
}
