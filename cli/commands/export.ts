import { extname } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import type { Exported, Format } from "../export/exportNotebook.ts";
import { interruptSignal } from "../interruptSignal.ts";

const FORMATS: readonly Format[] = ["html", "md", "pdf"];
const MAX_BYTES = 20_000_000;
const UNITS: Readonly<Record<string, number>> = { "": 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9 };

interface ExportFlags {
  readonly to: Format;
  readonly out?: string;
  readonly maxSize?: number;
  readonly hashWeights?: readonly string[];
}

function sizeInBytes(text: string): number {
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const bytes = Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  if (digits !== "" && bytes > 0) return Math.floor(bytes);
  throw new InvalidArgumentError("Expected a size above 0, such as 20MB or 500kB.");
}

/** `vitrine export`: a notebook as one page whose pictures respond, as Markdown, or as PDF; Node alone, no kernel. */
export function exportCommand(): Command {
  return new Command("export")
    .description(
      "Write a notebook as one HTML page whose pictures still respond, without a kernel and without the network; or as Markdown or PDF.",
    )
    .argument("<notebook>", "the .ipynb file, run and saved")
    .addOption(new Option("--to <format>", "what to write").choices(FORMATS).default("html"))
    .option("--out <file>", "the file to write (default: the notebook's name with the new ending)")
    .option(
      "--max-size <size>",
      "most that an HTML page may take; beyond it pictures become coarser (default: 20MB)",
      sizeInBytes,
    )
    .option(
      "--hash-weights <models...>",
      "models to read whole, so that the head of the file names the sha256 of their weights",
    )
    .addHelpText(
      "after",
      `
The pictures' state comes from the notebook, where the workspace saves it, their code from this package; code that a notebook
brings does not run. PDF is printed by Chromium or Chrome (CHROME_PATH, PATH). docs/export.md says what each output becomes.

Examples:
  vitrine export 01-first-look.ipynb
  vitrine export 01-first-look.ipynb --max-size 2MB --out talk.html
  vitrine export 01-first-look.ipynb --hash-weights tiny
  vitrine export 01-first-look.ipynb --to md
  vitrine export 01-first-look.ipynb --to pdf`,
    )
    .action(run);
}

async function run(notebook: string, flags: ExportFlags): Promise<void> {
  const { to, maxSize = MAX_BYTES, hashWeights = [] } = flags;
  const out = flags.out ?? `${withoutEnding(notebook)}.${to}`;
  const signal = interruptSignal();
  const { exportNotebook } = await import("../export/exportNotebook.ts"); // with the compiler, for colours of code
  const exported = await exportNotebook(notebook, {
    to,
    out,
    maxBytes: maxSize,
    hashWeights,
    signal,
  });
  process.stdout.write(`${out}: ${sentence(exported, to)}\n`);
}

const withoutEnding = (path: string): string =>
  extname(path) === ".ipynb" ? path.slice(0, -".ipynb".length) : path;

function sentence({ bytes, live, answers, of }: Exported, to: Format): string {
  const size = `${bytes.toLocaleString("en")} bytes`;
  if (to !== "html") return size;
  const pictures = live === 1 ? "1 picture responds" : `${live} pictures respond`;
  const kept = answers === of ? `${of} kept answers` : `${answers} of ${of} kept answers`;
  return `${size}, ${pictures}, ${kept}`;
}
