import { AbortedError, InputError, RemoteError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { type PriceOptions, priceOf } from "../price/priceOf.ts";
import type { PriceRecord, PriceTable, UsageRecord } from "../trace/schema.ts";
import type { Endpoint } from "./endpoint.ts";
import { exchange } from "./exchange.ts";
import { brokenOff, notOpenAI } from "./remoteErrors.ts";
import { type RemoteRoutes, readRoutes } from "./remoteRoutes.ts";
import { readPiece, type WirePiece } from "./wire.ts";

/**
 * Why a reply ended: as of a local one, where a reply that calls tools has "stop"; what else a server says stays as it says it,
 * e.g. "content_filter".
 */
export type RemoteFinishReason = "stop" | "length" | "aborted" | "failed" | (string & {});

/** What was asked of a server. */
export interface Asked {
  /** For messages: "remote chat". */
  readonly what: string;
  readonly endpoint: Endpoint;
  readonly path: string;
  readonly body: JsonObject;
  readonly signal: AbortSignal | undefined;
}

/** One request's answer as it is taken in: what every kind of reply tells of it. */
export class Receipt {
  readonly #asked: Asked;
  #started = false;
  #finishReason: RemoteFinishReason | null = null;
  #usage: UsageRecord | null = null;
  #routes: string | JsonObject | null = null;

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  get finishReason(): RemoteFinishReason | null {
    return this.#finishReason;
  }

  /** @throws InputError ERR_NOT_FINISHED; RemoteError ERR_REMOTE_NO_USAGE */
  get usage(): UsageRecord {
    this.assertEnded("usage");
    if (this.#usage === null)
      throw new RemoteError(
        "ERR_REMOTE_NO_USAGE",
        `reply.usage: expected counts of tokens in the server's answer, got none${this.#finishReason === "stop" ? "" : ` before it ended (${this.#finishReason})`}. Ask a server that sends usage (stream_options.include_usage), or count the text with a tokenizer.`,
      );
    return this.#usage;
  }

  price(table: PriceTable, options: PriceOptions = {}): PriceRecord {
    return priceOf(this.usage, table, options);
  }

  /** @throws InputError ERR_NOT_FINISHED; RemoteError ERR_REMOTE_ROUTES */
  get routes(): RemoteRoutes | null {
    this.assertEnded("routes");
    return this.#routes === null ? null : readRoutes(this.#routes);
  }

  /** @throws InputError ERR_NOT_FINISHED */
  assertEnded(what: string): void {
    if (this.#finishReason !== null) return;
    throw new InputError(
      "ERR_NOT_FINISHED",
      `reply.${what}: expected a reply that has ended, got one that has not. Iterate over it first.`,
    );
  }

  /** @throws InputError ERR_CONSUMED the second time */
  begin(): AsyncGenerator<WirePiece, void, undefined> {
    if (this.#started)
      throw new InputError(
        "ERR_CONSUMED",
        `${this.#asked.what}: expected to be iterated once, got a second time. Ask again.`,
      );
    this.#started = true;
    return this.#pieces();
  }

  async *#pieces(): AsyncGenerator<WirePiece, void, undefined> {
    const { what, endpoint } = this.#asked;
    let said: string | null = null;
    try {
      for await (const event of exchange(this.#asked)) {
        const refuse = () => notOpenAI(what, endpoint, JSON.stringify(event));
        const piece = readPiece(event, refuse);
        said = piece.finishReason ?? said;
        this.#usage = piece.usage ?? this.#usage;
        this.#routes = piece.routes ?? this.#routes;
        yield piece;
      }
      if (said === null) throw brokenOff(what);
      this.#finishReason = /^(tool_calls|function_call)$/.test(said) ? "stop" : said;
    } catch (error) {
      if (error instanceof AbortedError) return;
      this.#finishReason = "failed";
      throw error;
    } finally {
      this.#finishReason ??= "aborted"; // by a signal, or a consumer that leaves early
    }
  }

  describe(): string {
    if (this.#finishReason !== null) return `finished: ${this.#finishReason}`;
    return this.#started ? "one that is going on" : "one that has not begun";
  }
}

/** @throws InputError ERR_REMOTE_CANNOT: a server does not show it */
export function cannot(name: string, { model, baseUrl }: RemoteServer): never {
  throw new InputError(
    "ERR_REMOTE_CANNOT",
    `${name}: expected a model that runs here, got ${model} at ${baseUrl}, where a server keeps what is inside. Load its checkpoint with loadModel.`,
  );
}

/** Who replied. */
export interface RemoteServer {
  readonly baseUrl: string;
  readonly model: string;
}
