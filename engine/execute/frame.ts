import type { DeviceTensor, Step } from "../backend/deviceTensor.ts";
import { concreteShape } from "../plan/concreteShape.ts";
import type { Plan } from "../plan/plan.ts";
import type { PlanChanges } from "../plan/planChanges.ts";
import { bindPlan, type Program } from "./bindPlan.ts";
import { BufferPool } from "./bufferPool.ts";
import type { FrameOwner, FrameSizes } from "./frameOwner.ts";
import { Region } from "./region.ts";
import { RotaryTables } from "./rotaryTables.ts";
import { TensorGroup } from "./tensorGroup.ts";
import { writeMaskBits } from "./writeMask.ts";

/** Programs that stay bound to one frame; each set of kept values makes one of its own. */
const MOST_PROGRAMS = 8;

/** Whose plans a frame carries out: all plans of a kind have the same inputs, tables and caches. */
export type PlanKind = "forward" | "drafts";

/** Positions of a sequence in a step, and what changes there. */
interface StepPart extends Step {
  readonly changes: PlanChanges;
}

interface Bound {
  readonly plan: Plan;
  readonly kept: string;
  readonly program: Program;
}

/**
 * What a sequence needs while it is executed: inputs, rotary tables, caches and activations, and the programs that are bound
 * to them. It serves one sequence at a time and any number of them in turn; or several side by side, each in a region of its own.
 */
export class Frame {
  readonly kind: PlanKind;
  readonly sizes: FrameSizes;
  readonly #owner: FrameOwner;
  readonly #working: TensorGroup;
  readonly #caches: TensorGroup;
  readonly #pool: BufferPool;
  /** Least recently used first. */
  #programs: Bound[] = [];
  #changes: PlanChanges | null;
  readonly #rotary: RotaryTables;
  readonly #plan: Plan;
  readonly #regions: Region[] = [];

  /**
   * @param plan any of the kind
   * @param changes what the plan was specialised with: its numbers are written here, for the one sequence that they are for
   */
  constructor(
    owner: FrameOwner,
    kind: PlanKind,
    plan: Plan,
    sizes: FrameSizes,
    changes: PlanChanges | null = null,
  ) {
    this.#owner = owner;
    this.kind = kind;
    this.sizes = sizes;
    this.#changes = changes;
    this.#working = new TensorGroup(owner);
    this.#caches = new TensorGroup(owner);
    this.#pool = new BufferPool(this.#working);
    this.#rotary = new RotaryTables(owner, this.#working, sizes.capacity, changes);
    this.#plan = plan;
    try {
      for (const value of plan.values.values()) {
        const { name, role, dtype } = value;
        if (role === "activation") continue;
        const group = role === "cache" ? this.#caches : this.#working;
        group.alloc(name, concreteShape(value, sizes), dtype);
      }
      if (changes !== null) this.change(changes);
    } catch (error) {
      this.free();
      throw error;
    }
  }

  /** Whether any sequence may have it. */
  get isShared(): boolean {
    return this.#changes === null;
  }

  /** What it holds on the device now. */
  get bytes(): number {
    const own = this.#working.bytes + this.#caches.bytes;
    return this.#regions.reduce((sum, region) => sum + region.bytes, own);
  }

  /** An input, a table or a cache. */
  get(name: string): DeviceTensor | undefined {
    return this.#working.get(name) ?? this.#caches.get(name);
  }

  /** Makes the rotary tables those of a sequence of which `nPrompt` tokens enter together. */
  turnFor(nPrompt: number): void {
    this.#rotary.turnFor(nPrompt);
  }

  /** The place of one of several sequences, made when it is first asked for. @param index at most the number of those made */
  region(index: number): Region {
    const made = this.#regions[index];
    if (made !== undefined) return made;
    const get = (name: string) => this.get(name);
    const region = new Region(this.#owner, this.#plan, this.sizes, get, this.#changes);
    this.#regions[index] = region;
    return region;
  }

  /** Writes the numbers of changes: those that it was made for, or others of their kind, for another sequence. */
  change(changes: PlanChanges): void {
    const { backend } = this.#owner;
    this.#changes = changes;
    for (const [name, { data }] of changes.constants) {
      const tensor = this.#working.get(name);
      if (tensor !== undefined) backend.write(tensor, 0, data);
    }
    for (const [name, mask] of changes.masks) {
      const tensor = this.#working.get(name);
      if (tensor !== undefined) writeMaskBits(backend, tensor, this.sizes.rows, mask);
    }
  }

  /** Writes what the changes say of the step's positions. */
  placeStep(step: Step): void {
    if (this.#changes !== null) this.placeParts([{ ...step, changes: this.#changes }]);
  }

  /** As `placeStep`, for parts of sequences of which each has its own rows in changes of the same kind. */
  placeParts(parts: readonly StepPart[]): void {
    const names = [...(this.#changes?.rows.keys() ?? []), ...(this.#changes?.masks.keys() ?? [])];
    for (const name of names) {
      const input = this.#working.get(name);
      if (input === undefined) continue;
      let first = 0;
      for (const { changes, start, nTokens } of parts) {
        const rows = changes.rows.get(name) ?? changes.masks.get(name)?.rows;
        if (rows === undefined) throw new Error(`the changes of a part have no rows ${name}`);
        const { width, data } = rows;
        const own = data.subarray(start * width, (start + nTokens) * width);
        this.#owner.backend.write(input, first, own);
        first += own.length;
      }
    }
  }

  /** @param keep values to read after a step */
  program(plan: Plan, keep: ReadonlySet<string>): Program {
    const kept = namesOf(keep);
    const last = this.#programs.at(-1);
    if (last?.plan === plan && last.kept === kept) return last.program;
    const known = this.#programs.find((bound) => bound.plan === plan && bound.kept === kept);
    const bound = known ?? { plan, kept, program: this.#bind(plan, keep) };
    this.#programs = [...this.#programs.filter((other) => other !== bound), bound].slice(
      -MOST_PROGRAMS,
    );
    return bound.program;
  }

  /**
   * Puts the first `rows` rows of every cache into `storage`.
   * @param isLast nobody needs the frame after this: its own tensors go over where nothing is to be cut off
   */
  handOver(storage: TensorGroup, rows: number, isLast: boolean): void {
    if (isLast) this.#freeWorking();
    for (const name of this.#caches.names()) {
      if (!isLast) this.#caches.copy(name, storage, rows);
      else {
        this.#caches.give(name, storage);
        storage.shrink(name, rows);
      }
    }
  }

  /** Puts `rows` rows that another sequence left in `storage` at the beginning of every cache. */
  fillCaches(storage: TensorGroup, rows: number): void {
    for (const name of this.#caches.names()) storage.copyInto(this.#caches, name, rows);
  }

  free(): void {
    this.#freeWorking();
    this.#caches.freeAll();
    for (const region of this.#regions.splice(0)) region.free();
  }

  #freeWorking(): void {
    this.#programs = [];
    this.#working.freeAll();
  }

  #bind(plan: Plan, keep: ReadonlySet<string>): Program {
    return bindPlan(plan, {
      ...this.sizes,
      weights: this.#owner.weights,
      fixed: (name) => this.get(name),
      keep,
      pool: this.#pool,
    });
  }
}

const joined = new WeakMap<ReadonlySet<string>, string>();

/** The names of a set that stays as it is, in one text that equal sets share. */
function namesOf(names: ReadonlySet<string>): string {
  const text = joined.get(names) ?? [...names].sort().join(" ");
  joined.set(names, text);
  return text;
}
