import { resolve } from "node:path";
import { Command } from "commander";
import { AbortedError } from "../../engine/base/errors.ts";
import { interruptSignal } from "../interruptSignal.ts";
import { checkOutput, writeOutput } from "../notebookFile.ts";
import { progressBar } from "../progressBar.ts";
import { UsageError } from "../usageError.ts";
import { openNotebook, withoutEnding } from "../writeup/openNotebook.ts";
import type { RanNotebook } from "../writeup/runNotebook.ts";

interface RunFlags {
  readonly set?: ReadonlyMap<string, string>;
  readonly out?: string;
  readonly inPlace?: boolean;
  readonly html?: boolean;
}

const MAX_HTML_BYTES = 20_000_000;

function addSetting(text: string, before: ReadonlyMap<string, string> = new Map()) {
  const [, name, value] = /^([\p{ID_Start}$_][\p{ID_Continue}$]*)=(.*)$/su.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new UsageError(
      `run: expected --set name=value, got ${JSON.stringify(text)}. Name a variable of the cell with the tag "parameters".`,
    );
  if (before.has(name))
    throw new UsageError(`run: expected each parameter once, got --set ${name} twice. Leave one.`);
  return new Map([...before, [name, value]]);
}

/** `vitrine run`: all cells of a notebook from a clean kernel, into a notebook with their outputs. */
export function runCommand(): Command {
  return new Command("run")
    .description(
      "Run all cells of a notebook in a kernel of its own, and write the notebook with what they show.",
    )
    .argument("<notebook>", "the .ipynb file, or the .nb.ts file of vitrine convert")
    .option(
      "--set <name=value>",
      'a parameter that the cell with the tag "parameters" declares; may be said several times',
      addSetting,
    )
    .option("--out <file>", "the notebook to write (default: look.run.ipynb for look.ipynb)")
    .option("--in-place", "write the outputs into the notebook itself")
    .option("--html", "write it as a page too, as vitrine export does")
    .addHelpText(
      "after",
      `
Cells run in the notebook's folder. A cell that fails ends the run with exit code 1; Ctrl-C interrupts the cell, with 130. The notebook
is written as far as it got, whole or not at all. Cells with the tag "skip-execution" do not run; those with "raises-exception" may fail.

Examples:
  vitrine run look.ipynb
  vitrine run look.ipynb --set model=tiny --set samples=50 --out look-50.ipynb
  vitrine run look.ipynb --set 'layers=[0, 2]' --in-place --html`,
    )
    .action(run);
}

async function run(path: string, flags: RunFlags): Promise<void> {
  if (flags.inPlace && flags.out !== undefined)
    throw new UsageError("run: expected --out or --in-place, got both. Give one.");
  const out = flags.inPlace ? path : (flags.out ?? `${withoutEnding(path)}.run.ipynb`);
  if (!out.endsWith(".ipynb"))
    throw new UsageError(
      `run: expected the name of an .ipynb file to write, got ${out}. Give --out.`,
    );
  await checkOutput("run", out);
  const signal = interruptSignal();
  const { injectParameters } = await import("../writeup/injectParameters.ts"); // with the compiler
  const { runNotebook } = await import("../writeup/runNotebook.ts");
  const notebook = injectParameters(await openNotebook("run", path), flags.set ?? new Map());
  const bar = progressBar();
  const ran = await runNotebook(notebook, { path, signal, onProgress: bar.update }).finally(
    bar.clear,
  );
  const hasRun = ran.done > 0 || ran.failed !== null;
  if (signal.aborted && !hasRun) throw new AbortedError(); // the outputs of an earlier run stay
  await writeOutput("run", out, ran.notebook);
  if (flags.html) await writeHtml(out, signal);
  if (signal.aborted) {
    process.stdout.write(`${out}: interrupted after ${ran.done} cells\n`);
    throw new AbortedError();
  }
  if (ran.failed !== null) throw failure(out, ran);
  process.stdout.write(`${out}: ${ran.done} cells ran\n`);
}

async function writeHtml(notebook: string, signal: AbortSignal): Promise<void> {
  const { exportNotebook } = await import("../export/exportNotebook.ts");
  const out = `${withoutEnding(notebook)}.html`;
  await exportNotebook(notebook, {
    to: "html",
    out,
    maxBytes: MAX_HTML_BYTES,
    hashWeights: [],
    signal,
  });
  process.stdout.write(`${out}: written\n`);
}

function failure(out: string, { failed, done }: RanNotebook): Error {
  const { cell = "", name = "", message = "", traceback = [] } = failed ?? {};
  const trace = traceback.length === 0 ? `${name}: ${message}` : traceback.join("\n");
  return new Error(
    `run: ${cell} failed after ${done} that ran; ${resolve(out)} has what they showed.\n${trace}`,
  );
}
