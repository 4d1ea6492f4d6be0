/**
 * Writes the documentation, the notebooks and a page with the bundled model in it as a static site.
 *   npm run site -- [--out FOLDER]
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { inRepository } from "./build/repository.ts";
import { writeLive } from "./site/writeLive.ts";
import { writeSite } from "./site/writeSite.ts";

const HELP = `npm run site -- [--out FOLDER]

Writes the documentation and the notebooks as a static site: pages with search, notebooks whose pictures respond,
and live/, where the bundled model runs in the reader's browser.
Notebooks that were saved without outputs are run first. docs/site.md says how to put the site on a host.

  --out FOLDER  where to (default: .vitrine/site); a site that is there is replaced
  --help        this text
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { out: { type: "string" }, help: { type: "boolean" } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const out = values.out === undefined ? inRepository(".vitrine", "site") : resolve(values.out);
  const { nPages, nFiles, bytes } = await writeSite({ out, writeLive });
  process.stdout.write(
    `${out}: ${nPages} pages, ${nFiles} files, ${bytes.toLocaleString("en")} bytes\n`,
  );
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
