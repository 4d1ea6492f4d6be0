import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isObject } from "../base/json.ts";

/**
 * Who was heard of last at work on an evaluation, as a sentence for a message; "" where nobody left a line.
 * @param timings the folder of lines that say when and where
 */
export async function lastWorker(timings: string): Promise<string> {
  const names = await readdir(timings).catch((): string[] => []);
  let [latest, said] = ["", ""];
  for (const name of names) {
    const text = await readFile(join(timings, name), "utf8").catch(() => ""); // whoever was refused takes its own away
    const last = text.split("\n").map(parsed).findLast(isObject);
    const at = String(last?.finishedAt ?? last?.startedAt ?? ""); // in the order of time as text too
    if (last === undefined || at <= latest) continue;
    latest = at;
    said = `Last at work on it: process ${last.pid} on ${last.host}, heard of at ${at}.`;
  }
  return said;
}

/** Null for a line that is not whole. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
