import { existsSync } from "node:fs";
import { Command } from "commander";
import { writeOutput } from "../notebookFile.ts";
import { UsageError } from "../usageError.ts";
import { isPercentFile, openNotebook, withoutEnding } from "../writeup/openNotebook.ts";
import { writePercent } from "../writeup/percent/writePercent.ts";

interface ConvertFlags {
  readonly out?: string;
  readonly outputs?: boolean;
  readonly force?: boolean;
}

/** `vitrine convert`: a notebook as TypeScript with cells, and back. */
export function convertCommand(): Command {
  return new Command("convert")
    .description(
      "Write a notebook as TypeScript with cells behind lines `// %%`, as jupytext's percent format has them, or such a file as a notebook.",
    )
    .argument("<file>", "an .ipynb or an .nb.ts file")
    .option("--out <file>", "the file to write (default: the same name with the other ending)")
    .option("--outputs", "write into the .nb.ts file too what cells showed")
    .option("--force", "replace a file that is there")
    .addHelpText(
      "after",
      `
There and back gives the same notebook: ids, tags, metadata and attachments stand in the lines above the cells. Outputs are left out,
with the cells' numbers and the state of widgets, unless --outputs is said.

Examples:
  vitrine convert look.ipynb
  vitrine convert look.nb.ts --out look.ipynb --force
  vitrine convert look.ipynb --outputs`,
    )
    .action(convert);
}

async function convert(path: string, { out, outputs = false, force }: ConvertFlags): Promise<void> {
  const isPercent = isPercentFile(path);
  if (outputs && isPercent)
    throw new UsageError(
      `convert: expected --outputs with an .ipynb file, got ${path}. Leave it out: what the file has of outputs is read.`,
    );
  const target = out ?? `${withoutEnding(path)}${isPercent ? ".ipynb" : ".nb.ts"}`;
  if (isPercentFile(target) === isPercent)
    throw new UsageError(
      `convert: expected a file of the other form, ${isPercent ? ".ipynb" : ".nb.ts"}, to be written, got ${target}. Give another --out.`,
    );
  if (!force && existsSync(target))
    throw new UsageError(
      `convert: expected the name of a new file, got ${target}, which is there. Give --force to replace it, or another --out.`,
    );
  const notebook = await openNotebook("convert", path);
  const content = isPercent ? notebook : writePercent(notebook, { withOutputs: outputs });
  await writeOutput("convert", target, content);
  process.stdout.write(`${target}: ${notebook.cells.length} cells\n`);
}
