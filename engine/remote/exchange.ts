import { createParser } from "eventsource-parser";
import { AbortedError } from "../base/errors.ts";
import { isObject, type JsonObject } from "../base/json.ts";
import type { Endpoint } from "./endpoint.ts";
import {
  brokenOff,
  failedMidway,
  notOpenAI,
  refusedBy,
  tooSlow,
  unreachable,
} from "./remoteErrors.ts";

/** One request. */
export interface Exchange {
  /** For messages: "remote chat". */
  readonly what: string;
  readonly endpoint: Endpoint;
  /** Behind the endpoint's address: "/chat/completions". */
  readonly path: string;
  /** Null: GET. */
  readonly body: JsonObject | null;
  readonly signal: AbortSignal | undefined;
}

/**
 * Sends a request. Gives the events of a stream as they come, each parsed; an answer that comes whole is the only one.
 * Leaving the loop ends the connection.
 * @throws RemoteError; AbortedError where the signal fires
 */
export async function* exchange(request: Exchange): AsyncGenerator<JsonObject, void, undefined> {
  const { what, endpoint, path, body, signal } = request;
  const watch = new Watch(endpoint.timeoutMs, [endpoint.signal, signal]);
  const url = `${endpoint.baseUrl}${path}`;
  try {
    const sent = fetch(url, {
      method: body === null ? "GET" : "POST",
      headers: {
        accept: "application/json, text/event-stream",
        ...(body !== null && { "content-type": "application/json" }),
        ...endpoint.headers,
      },
      ...(body !== null && { body: JSON.stringify(body) }),
      signal: watch.signal,
    });
    const response = await watch.over(sent).catch((cause: unknown) => {
      throw watch.isOver ? cause : unreachable(what, endpoint, cause);
    });
    if (!response.ok) throw await watch.over(refusedBy(what, endpoint, url, response));
    const type = response.headers.get("content-type") ?? "";
    if (/^text\/event-stream\b/i.test(type)) yield* events(request, response, watch);
    else yield parsed(request, await wholeText(request, response, watch));
  } catch (error) {
    if (watch.hasWaited) throw tooSlow(what, endpoint);
    if (watch.isOver) throw new AbortedError(undefined, { cause: watch.signal.reason });
    throw error;
  } finally {
    watch.end();
  }
}

async function wholeText({ what }: Exchange, response: Response, watch: Watch): Promise<string> {
  let text = "";
  for await (const piece of texts(what, response, watch)) text += piece;
  return text;
}

async function* events(
  request: Exchange,
  response: Response,
  watch: Watch,
): AsyncGenerator<JsonObject, void, undefined> {
  const waiting: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => waiting.push(data) });
  for await (const text of texts(request.what, response, watch)) {
    parser.feed(text);
    for (const data of waiting.splice(0)) {
      if (data.trim() === "[DONE]") return;
      yield parsed(request, data);
    }
  }
}

/** The body's text as it comes. */
async function* texts(
  what: string,
  response: Response,
  watch: Watch,
): AsyncGenerator<string, void, undefined> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      if (reader === undefined) break;
      const read = await watch.over(reader.read()).catch((cause: unknown) => {
        throw watch.isOver ? cause : brokenOff(what, cause);
      });
      if (read.done) break;
      yield decoder.decode(read.value, { stream: true });
    }
    yield decoder.decode();
  } finally {
    // What is left is not read: the connection is not kept for it.
    await reader?.cancel().catch(() => undefined);
  }
}

/** @throws RemoteError where it is no JSON object, or one that tells of an error */
function parsed({ what, endpoint }: Exchange, text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notOpenAI(what, endpoint, text);
  }
  if (!isObject(value)) throw notOpenAI(what, endpoint, text);
  if (value.error !== undefined && value.error !== null)
    throw failedMidway(what, endpoint, value.error);
  return value;
}

/** Ends a request when a signal fires, or when the server lets one wait for too long. */
class Watch {
  readonly #controller = new AbortController();
  readonly #timeoutMs: number;
  readonly #signals: readonly AbortSignal[];
  #hasWaited = false;

  constructor(timeoutMs: number, signals: readonly (AbortSignal | undefined)[]) {
    this.#timeoutMs = timeoutMs;
    this.#signals = signals.filter((signal) => signal !== undefined);
    for (const signal of this.#signals) {
      if (signal.aborted) this.#controller.abort(signal.reason);
      signal.addEventListener("abort", this.#stop);
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Has the request been ended from here? */
  get isOver(): boolean {
    return this.signal.aborted;
  }

  get hasWaited(): boolean {
    return this.#hasWaited;
  }

  /** Only what the server takes is counted, not what a reader does between two pieces. */
  async over<Result>(promise: Promise<Result>): Promise<Result> {
    const timer = setTimeout(() => {
      this.#hasWaited = true;
      this.#controller.abort();
    }, this.#timeoutMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  end(): void {
    for (const signal of this.#signals) signal.removeEventListener("abort", this.#stop);
  }

  readonly #stop = (event: Event): void => {
    this.#controller.abort((event.target as AbortSignal).reason);
  };
}
