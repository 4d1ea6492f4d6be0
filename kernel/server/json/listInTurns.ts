import { setImmediate } from "node:timers/promises";

/** A list as JSON. Each member is written in a turn of its own: one is short, and all together may not be. */
export async function listInTurns(values: Iterable<unknown>): Promise<string> {
  const texts: string[] = [];
  for (const value of values) {
    texts.push(JSON.stringify(value));
    await setImmediate();
  }
  return `[${texts.join(",")}]`;
}
