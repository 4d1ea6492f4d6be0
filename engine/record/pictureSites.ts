import type { ModelSpec } from "../model/spec.ts";
import { routeValues } from "../plan/keptValues.ts";
import type { Site } from "../plan/sites/site.ts";

/** Sites that go into a record together, or not at all. */
export interface SiteGroup {
  readonly what: string;
  readonly sites: readonly Site[];
}

/**
 * What pictures read of a run, the most needed first: routes with the routers' scores, maps of attention, rows of logits; what latent
 * caches expand to and what indexers say, layer by layer; what leaves each block and its halves.
 */
export function pictureSites({ layers }: ModelSpec, catalog: readonly Site[]): SiteGroup[] {
  const byName = new Map(catalog.map((site) => [site.name, site]));
  const of = (what: string, names: readonly string[]): SiteGroup[] => {
    const sites = names.flatMap((name) => byName.get(name) ?? []);
    return sites.length === 0 ? [] : [{ what, sites }];
  };
  const each = (what: string, names: (block: string, layer: number) => readonly string[]) =>
    layers.flatMap((_, layer) => of(`${what} of layer ${layer}`, names(`blocks.${layer}`, layer)));
  return [
    ...each("routes and scores", (block, layer) =>
      layers[layer]?.feedForward.kind === "moe"
        ? [...routeValues(layer), `${block}.mlp.hook_router_biased`]
        : [],
    ),
    ...each("maps of attention", (block) => [`${block}.attn.hook_pattern`]),
    ...of("all rows of logits", ["hook_logits"]),
    ...each("queries, keys and values of heads", (block) =>
      ["hook_rot_q", "hook_rot_k", "hook_k", "hook_v"]
        .filter((name) => name !== "hook_k" || !byName.has(`${block}.attn.hook_rot_k`))
        .map((name) => `${block}.attn.${name}`),
    ),
    ...each("the indexer's scores", (block) => [`${block}.attn.hook_index_scores`]),
    ...each("the residual stream", (block) => [
      ...["resid", "streams"].flatMap((stream) => [
        `${block}.hook_${stream}_mid`,
        `${block}.hook_${stream}_post`,
      ]),
      ...[`${block}.hook_attn_out`, `${block}.hook_mlp_out`],
    ]),
    ...of("what the head reads", ["ln_final.hook_normalized"]),
  ];
}
