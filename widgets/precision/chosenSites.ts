/** A site as `run.sites()` has it. */
export interface PrecisionSite {
  readonly name: string;
  readonly dims: readonly string[];
  readonly shape: readonly (number | string)[];
  readonly dtype: string;
  readonly state: string;
}

/** A row of the picture: a site within its block, or one outside of blocks, with the layers that have it. */
export interface SiteRow {
  readonly name: string;
  /** Null: outside of blocks. */
  readonly layers: readonly number[] | null;
}

/** Compared in any case; others where neither run has to execute its tokens again for them. */
const ALWAYS = [
  ...["hook_resid_mid", "hook_resid_post", "hook_streams_mid", "hook_streams_post"],
  ...["hook_attn_out", "hook_mlp_out", "ln_final.hook_normalized"],
];

/** Not compared unless it is asked for: what enters a block is what the one before leaves, and a norm's scale is of what it reads. */
const TWICE = /^hook_(resid|streams)_pre$|hook_scale$/;
const LOGITS = "hook_logits";
const IN_BLOCK = /^blocks\.(\d+)\.(.+)$/;

/** A site's name without the block's. */
function localSite(name: string): string {
  return IN_BLOCK.exec(name)?.[2] ?? name;
}

export function siteOf(row: string, layer: number | null): string {
  return layer === null ? row : `blocks.${layer}.${row}`;
}

/**
 * Which sites are compared, in the order of the forward pass. Rows of tokens alone: maps of attention have as many numbers as tokens
 * squared, and what experts say is another expert's where a route changed.
 * @param asked names within a block, or of a site outside of blocks
 * @throws TypeError for a name that neither is
 */
export function chosenSites(
  sites: readonly PrecisionSite[],
  reference: readonly PrecisionSite[],
  asked: readonly string[] | null,
): SiteRow[] {
  const states = new Map(reference.map(({ name, state }) => [name, state]));
  const rows = sites.filter(isComparable);
  const isChosen = ({ name, state }: PrecisionSite): boolean => {
    const local = localSite(name);
    if (asked !== null) return asked.includes(local);
    const both = [state, states.get(name)];
    if (both.includes("unrecorded")) return false; // nothing can bring it
    const isThere = !both.includes("replayed");
    return ALWAYS.includes(local) || (isThere && !TWICE.test(local));
  };
  const unknown = asked?.find((one) => !rows.some(({ name }) => localSite(name) === one));
  if (unknown !== undefined)
    throw new TypeError(
      `precision.sites: expected names such as ${[...new Set(rows.map(({ name }) => localSite(name)))].join(", ")}, got ${JSON.stringify(unknown)}. Leave the block's name out.`,
    );
  const found = new Map<string, number[] | null>();
  for (const { name } of rows.filter(isChosen)) {
    const layer = IN_BLOCK.exec(name)?.[1];
    const local = localSite(name);
    const known = found.get(local);
    if (layer === undefined) found.set(local, null);
    else if (known) known.push(Number(layer));
    else found.set(local, [Number(layer)]);
  }
  return [...found].map(([name, layers]) => ({ name, layers }));
}

function isComparable({ name, dims, dtype }: PrecisionSite): boolean {
  const isPerExpert = name.endsWith("hook_expert_out") || name.endsWith("hook_expert_weights");
  const isDraft = name.startsWith("mtp.");
  const isMap = dims[0] !== "T" || dims.includes("S") || name.endsWith("hook_result");
  return dtype === "f32" && name !== LOGITS && !isMap && !isPerExpert && !isDraft;
}
