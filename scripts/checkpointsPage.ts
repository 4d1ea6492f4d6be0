/**
 * Writes docs/checkpoints.md: what becomes of every field of a checkpoint's files.
 *   npx tsx scripts/checkpointsPage.ts
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { inRepository } from "./build/repository.ts";
import { checkpointsPage } from "./checkpoints/checkpointsPage.ts";

const output = inRepository("docs/checkpoints.md");
writeFileSync(output, checkpointsPage());
execFileSync(process.execPath, [
  inRepository("node_modules/@biomejs/biome/bin/biome"),
  "format",
  "--write",
  output,
]);
