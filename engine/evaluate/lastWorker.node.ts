import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isObject } from "../base/json.ts";

/**
 * Who worked last on an evaluation, as a sentence for a message; "" where nobody left a line.
 * @param timings the folder of lines that say when and where; their names are in the order in which processes began
 */
export async function lastWorker(timings: string): Promise<string> {
  const names = await readdir(timings).catch((): string[] => []);
  for (const name of names.sort().reverse()) {
    const text = await readFile(join(timings, name), "utf8").catch(() => ""); // whoever was refused takes its own away
    const last = text.split("\n").map(parsed).findLast(isObject);
    if (last === undefined) continue;
    const at = last.finishedAt ?? last.startedAt;
    return `Last at work on it: process ${last.pid} on ${last.host}, heard of at ${at}.`;
  }
  return "";
}

/** Null for a line that is not whole. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
