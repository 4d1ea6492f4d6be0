import type { Site } from "../plan/sites/site.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Wanted } from "./replay.ts";

/** Where a site's numbers would come from if they were asked for now. */
export type SiteState =
  | "kept"
  | "captured"
  | "recomputed"
  | "replayed"
  /** In the record that the run was loaded from. */
  | "recorded"
  /** Not in it. */
  | "unrecorded";

/** Where a run gets what it does not have yet. */
export interface RunSupply {
  /** @throws what says why there is none of the site, where it cannot be brought */
  check(site: Site): void;
  /** Whether there is what the site needs beside its plan values. */
  isBrought(site: Site): boolean;
  /** Puts plan values into the run's storage and rows of logits on the host, for these sites. */
  bring(wanted: Wanted, sites: readonly Site[]): Promise<void>;
  /** A site that is kept as a whole; null: it is read from stored values. */
  whole(site: Site): Promise<Tensor | null>;
  /** @param found what the run's storage says */
  stateOf(site: Site, found: SiteState): SiteState;
}
