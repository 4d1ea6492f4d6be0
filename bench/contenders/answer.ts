import { readFileSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Loaded, Message, Round, Work } from "./protocol.ts";

const send = (message: Message): void => void writeSync(3, `${JSON.stringify(message)}\n`);

/** The most that this process held at any time, as Linux counts it; null elsewhere. */
function peakBytes(): number | null {
  try {
    const status = readFileSync("/proc/self/status", "utf8");
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]);
  } catch {
    return null;
  }
}

/** Seconds that a promise takes. */
export async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const startedAt = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - startedAt) / 1000 };
}

/** Times a generation by the moments at which its tokens come. The generator does all that follows the last one. */
export async function timeTokens(tokens: AsyncIterable<unknown>, count: number): Promise<Round> {
  const startedAt = performance.now();
  const at: number[] = [];
  for await (const _ of tokens) at.push(performance.now());
  return roundOf(startedAt, at, count);
}

/** What a generation took that has just ended, by the moments at which its tokens came. */
export function roundOf(startedAt: number, at: readonly number[], count: number): Round {
  const endedAt = performance.now();
  if (at.length !== count) throw new Error(`expected ${count} tokens, got ${at.length}`);
  const [first, last] = [at[0] as number, at.at(-1) as number];
  return {
    kind: "round",
    prefillSeconds: (first - startedAt) / 1000,
    decodeSeconds: (last - first) / 1000,
    finishSeconds: (endedAt - last) / 1000,
  };
}

/** Runs a contender in this process: its work stands in the first argument. */
export async function answer(
  load: (work: Work) => Promise<{ loaded: Loaded; round: () => Promise<Round> }>,
): Promise<never> {
  const work = JSON.parse(process.argv[2] ?? "") as Work;
  const { loaded, round } = await load(work);
  send(loaded);
  for await (const line of createInterface({ input: process.stdin }))
    if (line === "round") send(await round());
  send({ kind: "ended", peakBytes: peakBytes() });
  process.exit(0);
}
