import { type RunState, specOf } from "../look/runState.ts";
import type { PlanValue } from "../plan/plan.ts";
import type { Site } from "../plan/sites/site.ts";
import { planValues, recordedShape } from "./planValues.ts";

/** Bytes that tensors of a run take in a record. */
export class TensorSizes {
  readonly nTokens: number;
  /** Of one row of logits. */
  readonly logitRow: number;
  readonly #state: RunState;
  readonly #values: ReadonlyMap<string, PlanValue>;
  /** Of one number. */
  readonly #bytes: number;

  constructor(state: RunState) {
    const { nTokens, device } = state;
    this.#state = state;
    this.#values = planValues(specOf(state));
    this.nTokens = nTokens;
    this.#bytes = device.backend.info.name === "reference" ? 8 : 4;
    this.logitRow = this.#bytes * device.spec.nVocab;
  }

  ofValue(name: string): number {
    const planned = this.#values.get(name);
    if (planned === undefined) throw new Error(`no plan has the value ${name}`);
    return this.#product(recordedShape(planned, this.nTokens));
  }

  ofSite({ shape }: Site): number {
    return this.#product(shape.map((axis) => (typeof axis === "number" ? axis : this.nTokens)));
  }

  /** Queries of MLA in latent space, which a map of attention is recomputed from. */
  ofAbsorbed({ source }: Site): number {
    if (source.kind !== "pattern" && source.kind !== "scores") return 0;
    const attention = specOf(this.#state).layers[source.layer]?.attention;
    if (attention?.kind !== "mla") return 0;
    const { nHeads, kvLoraRank, dRope } = attention;
    return this.#product([this.nTokens, nHeads, kvLoraRank + dRope]);
  }

  #product(shape: readonly number[]): number {
    return shape.reduce((a, b) => a * b, this.#bytes);
  }
}
