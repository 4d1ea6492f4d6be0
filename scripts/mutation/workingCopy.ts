import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inRepository } from "../build/repository.ts";
import type { Mutant } from "./mutantsOf.ts";

const COPIED = [
  "bench",
  "bin",
  "cli",
  "docs",
  "engine",
  "kernel",
  "notebooks",
  "scripts",
  "serve",
  "test",
  "widgets",
  "ARCHITECTURE.md",
  "README.md",
  "package.json",
  "tsconfig.json",
];

/** Large, and changed by no mutant. */
const LINKED = ["dist", "models", "node_modules"];

/** A copy of the repository in which one mutant at a time stands, so that no stopped run leaves one in the sources. */
export class WorkingCopy {
  readonly root: string = mkdtempSync(join(tmpdir(), "vitrine-mutation-"));

  constructor() {
    for (const path of COPIED)
      cpSync(inRepository(path), join(this.root, path), { recursive: true });
    for (const path of LINKED) symlinkSync(inRepository(path), join(this.root, path));
  }

  put(mutant: Mutant): void {
    writeFileSync(join(this.root, mutant.file), mutant.source);
  }

  takeBack(mutant: Mutant): void {
    writeFileSync(join(this.root, mutant.file), readFileSync(inRepository(mutant.file)));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
