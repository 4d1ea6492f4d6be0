import { setMaxListeners } from "node:events";
import type { Generation, Run } from "../engine/index.node.ts";
import { ApiError, apiErrorOf, stopping } from "./apiError.ts";
import type { Choice, Piece } from "./choice.ts";
import type { Gone } from "./eventStream.ts";
import type { Service } from "./service.ts";

/** The client that asked is not there any more: nobody reads an answer. */
export class ClientGone extends Error {}

/** Nobody reads what it says. */
const CLIENT_CLOSED_REQUEST = 499;

/** The texts of one request, from the moment they are let in. */
export class Work {
  readonly choices: readonly Choice[];
  readonly #service: Service;
  readonly #endpoint: string;
  readonly #abort: AbortController;
  readonly #leave: (seconds: number) => void;
  readonly #startedAt = performance.now();
  readonly #forget: () => void;
  #gone: Gone | null = null;
  #firstAt: number | null = null;
  #isOver = false;

  /**
   * @param make makes the texts: their signal fires when the client leaves or the server ends
   * @throws ApiError where a text cannot be, or the queue is full
   */
  constructor(
    service: Service,
    endpoint: string,
    client: AbortSignal,
    make: (signal: AbortSignal) => readonly Choice[],
  ) {
    this.#service = service;
    this.#endpoint = endpoint;
    this.#abort = new AbortController();
    const { signal: stop } = service.stop;
    setMaxListeners(0, this.#abort.signal); // each text listens, and there may be many
    const onLeft = () => this.cancel("left");
    const onStop = () => this.#abort.abort();
    this.choices = make(this.#abort.signal);
    this.#leave = service.admission.enter(this.choices.length);
    client.addEventListener("abort", onLeft, { once: true });
    stop.addEventListener("abort", onStop, { once: true });
    this.#forget = () => {
      client.removeEventListener("abort", onLeft);
      stop.removeEventListener("abort", onStop);
    };
    if (client.aborted) onLeft();
    if (stop.aborted) onStop();
  }

  /** Fires when all texts are to end. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Ends all texts: the client takes no more of them. */
  cancel(why: Gone): void {
    if (this.#isOver || this.#gone !== null) return;
    this.#gone = why;
    this.#service.metrics.cancelled.inc({ why });
    this.#abort.abort(new ClientGone(why));
  }

  /**
   * Generates all texts; the first that fails ends the others.
   * @param take is given each choice's pieces; the next one is made when it has returned
   * @param ended is told of each choice when its text has ended
   * @throws ApiError; ClientGone
   */
  async generate(
    take: (choice: Choice, piece: Piece) => Promise<void> | void,
    ended: (choice: Choice) => Promise<void> | void = () => undefined,
  ): Promise<void> {
    let failure: ApiError | null = null;
    const one = async (choice: Choice) => {
      try {
        await this.#generateOne(choice, take, ended);
      } catch (error) {
        failure ??= apiErrorOf(error);
        this.#abort.abort(error);
      }
    };
    await Promise.all(this.choices.map(one));
    if (this.#gone !== null) throw new ClientGone(this.#gone);
    if (failure !== null) throw failure;
  }

  /** Frees what the texts hold and counts them. @param error what ended them, if something did */
  end(error: unknown = null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#forget();
    const { metrics, log } = this.#service;
    const endpoint = this.#endpoint;
    const seconds = this.#seconds();
    for (const choice of this.choices) {
      const run = runOf(choice.generation);
      if (run === null) continue;
      const { prompt, cached, generated, reasoning } = choice.usage();
      metrics.tokens.inc({ kind: "prompt" }, prompt);
      metrics.tokens.inc({ kind: "cached" }, cached);
      metrics.tokens.inc({ kind: "generated" }, generated);
      metrics.tokens.inc({ kind: "reasoning" }, reasoning);
      run.dispose();
    }
    const status = error === null ? 200 : statusOf(error);
    metrics.requests.inc({ endpoint, status });
    metrics.duration.observe(seconds, { endpoint });
    this.#leave(seconds);
    if (status >= 500) log("error", `${endpoint}: ${messageOf(error)}`);
  }

  async #generateOne(
    choice: Choice,
    take: (choice: Choice, piece: Piece) => Promise<void> | void,
    ended: (choice: Choice) => Promise<void> | void,
  ): Promise<void> {
    let nTokens = 0;
    let firstAt = 0;
    for await (const piece of choice.pieces()) {
      if (nTokens === 0) firstAt = this.#noteFirst();
      nTokens += piece.tokens.length;
      await take(choice, piece);
    }
    if (choice.generation.finishReason === "aborted") throw stopping();
    if (nTokens > 1)
      this.#service.metrics.perToken.observe((this.#seconds() - firstAt) / (nTokens - 1));
    await ended(choice);
  }

  #noteFirst(): number {
    const seconds = this.#seconds();
    if (this.#firstAt === null) this.#service.metrics.firstToken.observe(seconds);
    this.#firstAt ??= seconds;
    return seconds;
  }

  #seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }
}

function statusOf(error: unknown): number {
  if (error instanceof ClientGone) return CLIENT_CLOSED_REQUEST;
  return error instanceof ApiError ? error.status : 500;
}

function messageOf(error: unknown): string {
  const cause = error instanceof ApiError ? (error.cause ?? error) : error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

/** Null where a text ended before its prompt was through. */
function runOf(generation: Generation): Run | null {
  try {
    return generation.run;
  } catch {
    return null;
  }
}
