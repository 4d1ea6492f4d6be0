import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { withLock } from "../../scripts/build/buildLock.ts";
import { hashInputs } from "../../scripts/build/hashInputs.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { type SiteSummary, writeSite } from "../../scripts/site/writeSite.ts";

export interface BuiltSite {
  /** Its folder, which is for reading alone. */
  readonly out: string;
  readonly summary: SiteSummary;
}

const FOLDER = ".vitrine/testSite";
const DAY_MS = 86_400_000;

/** All that a site may be made from: sources, pages, notebooks, models, and the package that runs the notebooks. */
const MADE_FROM = [
  ...[
    "bench",
    "bin",
    "cli",
    "docs",
    "engine",
    "kernel",
    "models",
    "notebooks",
    "scripts",
    "site",
    "widgets",
  ],
  ...["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE"],
  ...["package.json", "package-lock.json"],
  ...["dist/index.js", "dist/widgets.js", "dist/kernel.js", "dist/views"],
];

/**
 * The documentation and the notebooks as a site, written once for all test files: the first builds it, the others wait for it. It is
 * kept until anything changes that it is made from.
 */
export async function builtSite(): Promise<BuiltSite> {
  const hash = hashInputs(MADE_FROM, (path) => path.endsWith(".map")).slice(0, 16);
  const out = inRepository(FOLDER, hash);
  const said = `${out}.json`;
  mkdirSync(inRepository(FOLDER), { recursive: true });
  await withLock(`${FOLDER}/${hash}.lock`, async () => {
    if (existsSync(said)) return;
    forgetOld();
    const summary = await writeSite({ out });
    writeFileSync(said, JSON.stringify(summary));
  });
  return { out, summary: JSON.parse(readFileSync(said, "utf8")) as SiteSummary };
}

/** Sites of other sources go after a day: until then a run that began before a change may read them. */
function forgetOld(): void {
  for (const name of readdirSync(inRepository(FOLDER))) {
    const path = join(inRepository(FOLDER), name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && Date.now() - stat.mtimeMs > DAY_MS)
      rmSync(path, { recursive: true, force: true });
  }
}
