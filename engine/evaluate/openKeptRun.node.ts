import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadRun } from "../record/loadRun.node.ts";
import { MANIFEST } from "../record/manifest.ts";
import { notRecorded } from "../record/recordErrors.ts";
import type { Arm } from "./arms.ts";
import type { OpenRun } from "./evaluation.ts";
import { RUNS } from "./journal.node.ts";
import { runName } from "./keepRuns.ts";

/** Finds the records of samples' runs in folders of an evaluation. */
export function openKeptRun(
  folders: readonly string[],
  arms: readonly Pick<Arm, "edits" | "thinking">[],
): OpenRun {
  return (row) => {
    const arm = arms.findIndex((it) => it.edits === row.edits && it.thinking === row.thinking);
    const name = runName(arm, row, row.epoch);
    const paths = folders.map((folder) => join(folder, RUNS, name));
    const found = paths.find((path) => existsSync(join(path, MANIFEST)));
    if (found !== undefined) return loadRun(found);
    throw notRecorded(`run of sample ${JSON.stringify(row.sample)}`, {
      expected: `the record ${name} in ${folders.map((folder) => join(folder, RUNS)).join(" or ")}`,
      got: "none",
      fix: "Name the sample in capture.runs, or look where its shard was evaluated.",
    });
  };
}
