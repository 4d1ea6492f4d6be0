import { stat } from "node:fs/promises";
import { Command } from "commander";
import { AbortedError } from "../../engine/base/errors.ts";
import { interruptSignal } from "../interruptSignal.ts";
import { realNumber } from "../parseNumbers.ts";
import { progressBar } from "../progressBar.ts";
import { UsageError } from "../usageError.ts";
import { openNotebook } from "../writeup/openNotebook.ts";

interface VerifyFlags {
  readonly tolerance?: number;
}

/** `vitrine verify`: a notebook against what comes out when it runs again. */
export function verifyCommand(): Command {
  return new Command("verify")
    .description(
      "Run a notebook again and say of each output whether it is the same. Exit code 1 where one is not.",
    )
    .argument("<notebook>", "the .ipynb file, run and saved")
    .option(
      "--tolerance <share>",
      "largest relative difference of numbers in text (default: 0, the same characters and bytes)",
      realNumber(0, true, 1),
    )
    .addHelpText(
      "after",
      `
Cells with the tag "volatile", or metadata.vitrine.volatile, run and are not compared: what they show is a time, say. Of pictures, the
state is compared that the notebook keeps. docs/writeups.md says what counts.

Examples:
  vitrine verify look.ipynb
  vitrine verify look.ipynb --tolerance 1e-5`,
    )
    .action(verify);
}

async function verify(path: string, { tolerance = 0 }: VerifyFlags): Promise<void> {
  if (await isFolder(path))
    throw new UsageError(`verify: expected a notebook, got the folder ${path}. Name a file in it.`);
  const signal = interruptSignal();
  const saved = await openNotebook("verify", path);
  const { verifyNotebook } = await import("../writeup/verifyNotebook.ts");
  const { verifyReport } = await import("../writeup/verifyReport.ts");
  const bar = progressBar();
  const options = { path, signal, tolerance, onProgress: bar.update };
  const verified = await verifyNotebook(saved, options).finally(bar.clear);
  if (signal.aborted) throw new AbortedError();
  process.stdout.write(`${verifyReport(path, verified, tolerance)}\n`);
  const isSame = verified.findings.every(({ likeness }) => likeness.kind !== "different");
  if (!isSame) throw new Error(`verify: ${path} shows something else than it has`);
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (stats) => stats.isDirectory(),
    () => false, // opening it says what is wrong
  );
