import { setMaxListeners } from "node:events";
import type { Model, OpenBatch } from "../engine/index.node.ts";
import { Admission } from "./admission.ts";
import { Metrics } from "./metrics.ts";
import type { ServeLog } from "./serveOptions.ts";

export interface ServiceParts {
  readonly model: Model;
  readonly name: string;
  readonly atOnce: number;
  readonly queue: number;
  readonly contextLength: number;
  readonly bufferBytes: number;
  readonly slowClientMs: number;
  readonly log: ServeLog;
}

/** A model behind HTTP: the batch that all texts are generated in, and who is let in. */
export class Service {
  readonly model: Model;
  readonly name: string;
  readonly batch: OpenBatch;
  readonly admission: Admission;
  readonly metrics: Metrics;
  readonly log: ServeLog;
  readonly limits: Pick<ServiceParts, "bufferBytes" | "slowClientMs">;
  /** Seconds since 1970 when it began. */
  readonly created = Math.floor(Date.now() / 1000);
  /** Fires when what is still at work is to end. */
  readonly stop = new AbortController();

  constructor({ model, name, atOnce, queue, contextLength, log, ...limits }: ServiceParts) {
    this.model = model;
    this.name = name;
    this.batch = model.together({ atOnce, contextLength, keep: "routes" });
    this.admission = new Admission(atOnce, queue);
    this.metrics = new Metrics(model, this.batch);
    this.log = log;
    this.limits = limits;
    setMaxListeners(0, this.stop.signal); // each request listens
  }

  /** Names weights, backend and arithmetic: the same one gives the same bits for the same seed. */
  get fingerprint(): string {
    const { record, backend } = this.model;
    return `${record.hash.slice(0, 12)}-${backend.name}-${backend.arithmetic}`;
  }
}
