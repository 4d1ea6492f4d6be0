import { loadModel, type Run } from "../../engine/index.node.ts";
import { compareRuns } from "./compareRuns.ts";
import { readGolden } from "./golden.ts";
import type { GoldenFixture } from "./goldenFixtures.ts";
import { type SiteError, siteErrors } from "./siteErrors.ts";

export const BACKENDS = ["reference", "cpu", "webgpu"] as const;
type Measured = (typeof BACKENDS)[number];

/** Of a site's largest value that rounding may take from float64. */
const MOST_SHARE = 1e-4;

/** One cell's numbers. */
export interface Accuracy {
  /** Largest |difference| from transformers, by kind of site; null where no such site was written down. */
  readonly logits: number | null;
  readonly patterns: number | null;
  readonly residuals: number | null;
  /** Experts and selected keys that differ from transformers', and how many there are; null where there are none. */
  readonly choices: { readonly different: number; readonly total: number } | null;
  /** Largest difference from float64 over every site, as a share of the site's largest value; null for float64 itself. */
  readonly float64: { readonly share: number; readonly site: string } | null;
  /** Sites that exceed their tolerance. */
  readonly failing: readonly string[];
}

/** Runs a fixture's input on every backend. */
export async function measureFixture(
  fixture: GoldenFixture,
): Promise<ReadonlyMap<Measured, Accuracy>> {
  const golden = await readGolden(fixture.folder);
  const accuracies = new Map<Measured, Accuracy>();
  const oracle = await loadModel(fixture.modelFolder, { backend: "reference" });
  const inFloat64 = await oracle.run(golden.ids, { capture: "**" });
  for (const name of BACKENDS) {
    const model = await loadModel(fixture.modelFolder, { backend: name });
    const run = name === "reference" ? inFloat64 : await model.run(golden.ids, { capture: "**" });
    const errors = await siteErrors(run, golden, fixture.format);
    const most = (kind: RegExp) =>
      errors
        .filter(({ site }) => kind.test(site))
        .reduce<number | null>((worst, e) => Math.max(worst ?? 0, e.difference), null);
    const float64 = name === "reference" ? null : await furthest(run, inFloat64);
    const failing = errors.filter((e) => !(e.difference <= e.tolerance)).map(({ site }) => site);
    if (float64 !== null && !(float64.share <= MOST_SHARE))
      failing.push(`${float64.site} against float64`);
    accuracies.set(name, {
      logits: most(/logits$/),
      patterns: most(/hook_pattern$/),
      residuals: most(/hook_resid_post$/),
      choices: choices(errors),
      float64,
      failing,
    });
    model.dispose();
  }
  oracle.dispose();
  return accuracies;
}

function choices(errors: readonly SiteError[]): Accuracy["choices"] {
  const sites = errors.filter(({ site }) => site.endsWith("_indices"));
  if (sites.length === 0) return null;
  return {
    different: sites.filter(({ difference }) => difference > 0).length,
    total: sites.length,
  };
}

async function furthest(run: Run, oracle: Run): Promise<{ share: number; site: string }> {
  let worst = { share: 0, site: "none" };
  for await (const { site, difference, scale } of compareRuns(run, oracle))
    if (difference / scale > worst.share) worst = { share: difference / scale, site };
  return worst;
}
