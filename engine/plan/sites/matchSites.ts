import { SiteError } from "../../base/errors.ts";
import { nearest } from "../../base/nearest.ts";
import type { Site, SiteInfo } from "./site.ts";

/**
 * The sites that globs name: `*` stands for anything within one dotted part, `**` for anything at all, `?` for one
 * character. Several globs come as an array or separated by commas.
 * @throws SiteError ERR_SITE_UNKNOWN for a glob that matches nothing, with the nearest names
 */
export function matchSites<S extends SiteInfo>(
  globs: string | readonly string[],
  sites: readonly S[],
): S[] {
  const list = (typeof globs === "string" ? [globs] : globs)
    .flatMap((glob) => glob.split(","))
    .map((glob) => glob.trim())
    .filter((glob) => glob !== "");
  const matched = new Set<S>();
  for (const glob of list) {
    const pattern = globPattern(glob);
    const found = sites.filter((site) => pattern.test(site.name));
    if (found.length === 0) throw unknownSite(glob, sites);
    for (const site of found) matched.add(site);
  }
  return sites.filter((site) => matched.has(site));
}

/** @throws SiteError ERR_SITE_UNKNOWN with the nearest names */
export function findSite(name: string, sites: readonly Site[]): Site {
  const site = sites.find((s) => s.name === name);
  if (site === undefined) throw unknownSite(name, sites);
  return site;
}

function unknownSite(wanted: string, sites: readonly SiteInfo[]): SiteError {
  const several = wanted.replace("hook_resid_", "hook_streams_");
  const streams = sites.find(({ name }) => globPattern(several).test(name));
  if (streams === undefined) {
    const names = sites.map((site) => site.name);
    return new SiteError(
      "ERR_SITE_UNKNOWN",
      `site: expected a name or glob of model.sites(), got ${JSON.stringify(wanted)}. Did you mean ${nearest(wanted, names).join(", ")}?`,
    );
  }
  const { dims, shape } = streams;
  return new SiteError(
    "ERR_SITE_UNKNOWN",
    `site: expected a residual stream, got ${JSON.stringify(wanted)}, where there are ${shape[1]} of them. Read ${several}, (${dims.join(", ")}), or what a sublayer reads of them: attn_hc.hook_collapsed, mlp_hc.hook_collapsed.`,
  );
}

function globPattern(glob: string): RegExp {
  const source = glob.replace(/\*\*|[*?]|[^*?]+/g, (part) => {
    if (part === "**") return ".*";
    if (part === "*") return "[^.]*";
    if (part === "?") return "[^.]";
    return part.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${source}$`);
}
