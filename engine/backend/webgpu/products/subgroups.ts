/** A device's subgroups, as far as matrix products use them. */
export interface Subgroups {
  /** Invocations of the smallest, a power of two; 0 where there are none. */
  readonly least: number;
  /** Does the language say which subgroup of its workgroup an invocation is in (`subgroup_id`)? */
  readonly areNumbered: boolean;
}

/** Invocations of the smallest subgroup that can share anything: Vulkan on processors has 4. */
export const LEAST_SUBGROUP = 4;

/** Can products exchange numbers in them? */
export function canExchange({ least }: Subgroups): boolean {
  return least >= LEAST_SUBGROUP;
}

/**
 * @param languageFeatures of the GPU that the adapter is of; none known where it is left out
 */
export function subgroupsOf(
  adapter: GPUAdapter,
  languageFeatures: ReadonlySet<string> = new Set(),
): Subgroups {
  return {
    least: adapter.features.has("subgroups") ? (adapter.info.subgroupMinSize ?? 0) : 0,
    areNumbered: languageFeatures.has("subgroup_id"),
  };
}
