import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { logLines, readLogs, readManifest } from "../../engine/evaluate/journal.node.ts";
import { SUMS_MANIFEST } from "../fixtures/evaluationManifest.ts";
import { SUMS_NOW } from "../fixtures/evaluationRecords.ts";
import { fuzz } from "./fuzz.ts";

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "vitrine-"));
  after(() => rmSync(made, { recursive: true, force: true }));
  mkdirSync(join(made, "log"));
  return made;
}

fuzz("damaged manifests of evaluations are read or refused", 3_000, () => {
  const place = folder();
  return async (mutator) => {
    const changed = mutator.below(20) === 0 ? SUMS_MANIFEST : mutator.json(SUMS_MANIFEST);
    writeFileSync(join(place, "manifest.json"), JSON.stringify(changed) ?? "");
    await readManifest(place);
  };
});

fuzz("damaged logs of evaluations are read or refused", 3_000, () => {
  const place = folder();
  const bytes = new TextEncoder().encode([...logLines(SUMS_NOW.finished)].join(""));
  return async (mutator) => {
    writeFileSync(join(place, "log", "a.jsonl"), mutator.bytes(bytes));
    const finished = await readLogs(place, SUMS_MANIFEST);
    for (const { row } of finished.values()) if (row.sample.length > 1e6) throw new Error("long");
  };
});
