import type { RouterRecord } from "../../engine/trace/schema.ts";
import type { AskKernel } from "../render/askKernel.ts";
import { type RouteBlock, unpackBlock } from "./data.ts";
import type { ExpertProfile } from "./favourites.ts";
import type { AttemptResult, ExpertAttempt } from "./tryExpert.ts";

/** A refused question may be asked again after this long: the kernel may only have been busy. */
const RETRY_MS = 5000;
/** Answers that stay in the page. */
const MOST_ANSWERS = 400;

/** One token's choices in all layers. */
export interface TokenChoice {
  readonly routers: readonly RouterRecord[]; // (layers)
  readonly margins: Float32Array; // (layers)
  readonly runnersUp: Int32Array; // (layers)
  /** (layers, k); null where no layer has a bias. */
  readonly withoutBias: Int32Array | null;
}

interface MarginCells {
  readonly routers: readonly RouterRecord[];
  readonly pool: number;
  readonly least: Float32Array; // (layers, cells)
}

export interface BiasCounts {
  readonly routers: readonly RouterRecord[];
  /** (layers, E), (layers, E), (layers); null where no layer has a bias. */
  readonly changes: {
    readonly gained: Float32Array;
    readonly lost: Float32Array;
    readonly nChanged: Float32Array;
  } | null;
}

/** What the kernel has told of the routes. Each reader gives null until the answer is there, and asks for it once. */
export interface RouteStore {
  /** Why the last question was refused; null where it was not. */
  readonly error: string | null;
  blockOf(token: number): RouteBlock | null;
  /** (layers, E) what selection looked at. */
  scoresOf(token: number): Float32Array | null;
  choiceOf(token: number): TokenChoice | null;
  /** (layers, E) */
  loadOf(source: number): Float32Array | null;
  /** (layers, k) experts of a token of another text. */
  routeIn(source: number, token: number): Int32Array | null;
  /** (E, E) */
  togetherOf(source: number, row: number): Float32Array | null;
  margins(): MarginCells | null;
  bias(): BiasCounts | null;
  /** (layers, cells) experts of aligned tokens that differ, the most of every `pool` columns; NaN where none are aligned. */
  different(pool: number): Float32Array | null;
  profileOf(row: number, expert: number): ExpertProfile | null;
  /** Asked each time. @throws Error with the kernel's sentence */
  attempt(attempt: ExpertAttempt): Promise<AttemptResult>;
}

/** @param onAnswer called when something has come, or was refused */
export function createRouteStore(options: {
  readonly ask: AskKernel;
  readonly nLayers: number;
  readonly nTokens: number;
  readonly k: number;
  readonly blockTokens: number;
  readonly firstBlock: ArrayBuffer;
  readonly load: Float32Array;
  readonly onAnswer: () => void;
}): RouteStore {
  const { ask, nLayers, nTokens, k } = options;
  const answers = new Map<string, unknown>();
  const asked = new Set<string>();
  let error: string | null = null;

  type Reply = Awaited<ReturnType<AskKernel>>;
  function told<Answer>(
    kind: string,
    question: Readonly<Record<string, number>>,
    read: (reply: Reply) => Answer,
  ): Answer | null {
    const key = `${kind} ${Object.values(question).join(" ")}`;
    if (answers.has(key)) return answers.get(key) as Answer;
    if (asked.has(key)) return null;
    asked.add(key);
    ask(kind, question)
      .then((reply) => {
        error = null;
        const [oldest] = answers.keys();
        if (answers.size >= MOST_ANSWERS && oldest !== undefined) {
          answers.delete(oldest);
          asked.delete(oldest);
        }
        answers.set(key, read(reply));
      })
      .catch((reason: unknown) => {
        error = reason instanceof Error ? reason.message : String(reason);
        setTimeout(() => asked.delete(key), RETRY_MS);
      })
      .finally(options.onAnswer);
    return null;
  }
  const floats = ({ buffers }: Reply, i = 0): Float32Array =>
    new Float32Array(buffers[i] ?? new ArrayBuffer(0));
  const integers = ({ buffers }: Reply, i = 0): Int32Array =>
    new Int32Array(buffers[i] ?? new ArrayBuffer(0));
  const routersOf = ({ content }: Reply): readonly RouterRecord[] =>
    content.routers as readonly RouterRecord[];

  if (options.firstBlock.byteLength > 0)
    answers.set("block 0", unpackBlock(options.firstBlock, 0, nLayers, k));
  answers.set("load 0", options.load);

  return {
    get error() {
      return error;
    },
    blockOf(token) {
      const start = Math.floor(token / options.blockTokens) * options.blockTokens;
      return told("block", { start }, ({ buffers }) =>
        unpackBlock(buffers[0] ?? new ArrayBuffer(0), start, nLayers, k),
      );
    },
    scoresOf: (token) => told("scores", { token }, (reply) => floats(reply)),
    choiceOf: (token) =>
      told("choice", { token }, (reply) => ({
        routers: routersOf(reply),
        margins: floats(reply, 0),
        runnersUp: integers(reply, 1),
        withoutBias: reply.buffers.length > 2 ? integers(reply, 2) : null,
      })),
    loadOf: (source) => told("load", { source }, (reply) => floats(reply)),
    routeIn: (source, token) => told("route", { source, token }, (reply) => integers(reply)),
    togetherOf: (source, row) => told("together", { source, row }, (reply) => floats(reply)),
    margins() {
      const pool = Math.ceil(nTokens / 1024);
      return told("margins", { start: 0, count: nTokens, pool }, (reply) => ({
        routers: routersOf(reply),
        pool,
        least: floats(reply),
      }));
    },
    bias: () =>
      told("bias", {}, (reply) => ({
        routers: routersOf(reply),
        changes:
          reply.buffers.length === 0
            ? null
            : { gained: floats(reply, 0), lost: floats(reply, 1), nChanged: floats(reply, 2) },
      })),
    different: (pool) => told("different", { pool }, (reply) => floats(reply)),
    profileOf: (row, expert) =>
      told("expert", { row, expert }, ({ content }) => content.profile as ExpertProfile),
    attempt: async (attempt) =>
      (await ask("attempt", { ...attempt })).content.attempt as AttemptResult,
  };
}
