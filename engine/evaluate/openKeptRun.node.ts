import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isObject } from "../base/json.ts";
import { loadRun } from "../record/loadRun.node.ts";
import { MANIFEST } from "../record/manifest.ts";
import { notRecorded } from "../record/recordErrors.ts";
import type { Arm } from "./arms.ts";
import type { OpenRun } from "./evaluation.ts";
import { leftOutFile, RUNS } from "./journal.node.ts";
import { runName } from "./keepRuns.ts";

/** Finds the records of samples' runs in folders of an evaluation. */
export function openKeptRun(
  folders: readonly string[],
  arms: readonly Pick<Arm, "edits" | "thinking">[],
): OpenRun {
  return async (row) => {
    const arm = arms.findIndex((it) => it.edits === row.edits && it.thinking === row.thinking);
    const name = runName(arm, row, row.epoch);
    const paths = folders.map((folder) => join(folder, RUNS, name));
    const found = paths.find((path) => existsSync(join(path, MANIFEST)));
    if (found !== undefined) return loadRun(found);
    const reason = await whyLeftOut(paths);
    throw notRecorded(`run of sample ${JSON.stringify(row.sample)}`, {
      expected: `the record ${name} in ${folders.map((folder) => join(folder, RUNS)).join(" or ")}`,
      got: reason === null ? "none" : `one that was left out (${reason})`,
      fix:
        reason === null
          ? "Name the sample in capture.runs, or look where its shard was evaluated."
          : "Evaluate into another folder with more capture.bytes.",
    });
  };
}

/** What the journal said of a run that did not fit; null where none of the records was begun. */
async function whyLeftOut(records: readonly string[]): Promise<string | null> {
  for (const path of records.map(leftOutFile)) {
    const text = await readFile(path, "utf8").catch(() => null);
    if (text === null) continue;
    return leftOutIn(text) ?? `${path} is damaged`;
  }
  return null;
}

function leftOutIn(text: string): string | null {
  try {
    const said: unknown = JSON.parse(text);
    return isObject(said) && typeof said.left_out === "string" ? said.left_out : null;
  } catch {
    return null;
  }
}
