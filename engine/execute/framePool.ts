import { concreteShape } from "../plan/concreteShape.ts";
import type { Plan } from "../plan/plan.ts";
import { NO_CHANGES, type PlanChanges } from "../plan/planChanges.ts";
import { Frame, type PlanKind } from "./frame.ts";
import type { FrameOwner, FrameSizes } from "./frameOwner.ts";
import { widestRow } from "./widestRow.ts";

/** Frames that wait for a sequence, at most, and what they may hold together. */
const MOST_IDLE = 4;
const MOST_IDLE_BYTES = 256 * 2 ** 20;
const LEAST_CAPACITY = 64;
const LEAST_ROWS = 16;

export interface FrameRequest extends FrameSizes {
  readonly kind: PlanKind;
  /** Any of the kind. */
  readonly plan: Plan;
  /** Tokens that enter the sequence together; dynamic rotary scaling goes by their number. */
  readonly nPrompt: number;
  /** What the plan was specialised with; its frame serves one sequence alone. */
  readonly changes?: PlanChanges | null;
  /** A frame for this sequence alone, of exactly this size. Default false. */
  readonly own?: boolean;
}

/**
 * A model's frames. One is lent to one execution at a time and waits afterwards, so that the next sequence of about that size
 * finds everything made: sizes are rounded up to powers of two. Large frames fit exactly and are freed when they come back.
 */
export class FramePool {
  readonly #owner: FrameOwner;
  /** Least recently used first. */
  #idle: Frame[] = [];

  constructor(owner: FrameOwner) {
    this.#owner = owner;
  }

  /** @throws BackendError ERR_OUT_OF_MEMORY, ERR_TENSOR_TOO_LARGE */
  lend(request: FrameRequest): Frame {
    const { kind, plan, nPrompt, changes = null, own: isOwn = false } = request;
    if (isOwn || changes !== null) {
      const { capacity, rows } = request;
      const own = new Frame(this.#owner, kind, plan, { capacity, rows }, changes ?? NO_CHANGES);
      own.turnFor(nPrompt);
      return own;
    }
    const sizes = this.sizesFor(request);
    const found = this.#idle.findLast(
      (idle) =>
        idle.kind === kind &&
        idle.sizes.capacity === sizes.capacity &&
        idle.sizes.rows === sizes.rows,
    );
    this.#idle = this.#idle.filter((idle) => idle !== found);
    const frame = found ?? new Frame(this.#owner, kind, plan, sizes);
    frame.turnFor(nPrompt);
    return frame;
  }

  /** Whether a frame that comes back now will wait for another sequence. */
  keeps(frame: Frame): boolean {
    return frame.isShared && frame.bytes > 0 && frame.bytes <= MOST_IDLE_BYTES;
  }

  giveBack(frame: Frame): void {
    if (!this.keeps(frame)) {
      frame.free();
      return;
    }
    this.#idle.push(frame);
    let bytes = this.#idle.reduce((sum, idle) => sum + idle.bytes, 0);
    while (this.#idle.length > MOST_IDLE || bytes > MOST_IDLE_BYTES) {
      const oldest = this.#idle.shift();
      if (oldest === undefined) break;
      bytes -= oldest.bytes;
      oldest.free();
    }
  }

  /** @returns whether there was anything to free */
  freeIdle(): boolean {
    const idle = this.#idle;
    this.#idle = [];
    for (const frame of idle) frame.free();
    return idle.length > 0;
  }

  /** What a frame for the request is made for. */
  sizesFor({ plan, capacity, rows }: FrameSizes & { readonly plan: Plan }): FrameSizes {
    const { spec, backend } = this.#owner;
    const context = Math.max(spec.contextLength, capacity);
    const rounded = Math.min(context, powerOfTwo(Math.max(capacity, LEAST_CAPACITY)));
    const sizes = {
      capacity: rounded,
      rows: Math.min(rounded, powerOfTwo(Math.max(rows, LEAST_ROWS))),
    };
    const caches = [...plan.values.values()]
      .filter(({ role }) => role === "cache")
      .map((value) => concreteShape(value, sizes).reduce((a, b) => a * b, 4));
    const step = 4 * sizes.rows * widestRow(plan, sizes.capacity);
    const total = caches.reduce((a, b) => a + b, step);
    const fits = Math.max(step, ...caches) <= backend.info.maxTensorBytes;
    return fits && total <= MOST_IDLE_BYTES ? sizes : { capacity, rows };
  }
}

function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(least));
}
