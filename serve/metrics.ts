import type { Model, OpenBatch } from "../engine/index.node.ts";
import { Counter, type Family, Gauge, Histogram } from "./prometheus.ts";

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
const TOKEN_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** What `/metrics` tells. */
export class Metrics {
  readonly requests = new Counter(
    "vitrine_requests_total",
    "Requests that were answered, by endpoint and HTTP status; 499: the client left first.",
  );
  readonly tokens = new Counter(
    "vitrine_tokens_total",
    "Tokens of texts that ended: prompt, of which cached; generated, of which reasoning.",
  );
  readonly cancelled = new Counter(
    "vitrine_requests_cancelled_total",
    "Requests whose client left before the end, or took nothing for too long.",
  );
  readonly firstToken = new Histogram(
    "vitrine_time_to_first_token_seconds",
    "From the request to its first token, waiting included.",
    SECONDS,
  );
  readonly perToken = new Histogram(
    "vitrine_time_per_output_token_seconds",
    "Between the first and the last token of a text, by token.",
    TOKEN_SECONDS,
  );
  readonly duration = new Histogram(
    "vitrine_request_duration_seconds",
    "From the request to the end of its last text.",
    SECONDS,
  );
  /** Texts that wait for a client to take what it was sent. */
  paused = 0;
  readonly #gauges: readonly Gauge[];

  constructor(model: Model, batch: OpenBatch) {
    this.#gauges = [
      new Gauge("vitrine_texts_running", "Texts that have a place.", () => batch.running),
      new Gauge("vitrine_texts_waiting", "Texts that wait for a place.", () => batch.waiting),
      new Gauge(
        "vitrine_texts_paused",
        "Texts that wait for a client to take what it was sent.",
        () => this.paused,
      ),
      new Gauge(
        "vitrine_device_bytes",
        "Bytes that the model and its texts hold on the device.",
        () => model.deviceMemory().bytes,
      ),
      new Gauge(
        "vitrine_prefix_cache_bytes",
        "Bytes of those that are kept of texts that ended, for those that begin alike.",
        () => model.deviceMemory().prefixes?.bytes ?? 0,
      ),
    ];
  }

  text(): string {
    const { requests, tokens, cancelled, firstToken, perToken, duration } = this;
    const all: Family[] = [requests, tokens, cancelled, firstToken, perToken, duration];
    return `${[...all, ...this.#gauges].flatMap((family) => family.lines()).join("\n")}\n`;
  }
}
