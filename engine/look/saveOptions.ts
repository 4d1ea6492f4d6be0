import type { OptionNames } from "../base/checkOptions.ts";

/** What `run.save` puts into a record. */
export interface SaveOptions {
  /** Names or globs of `sites()` to put in besides; what was neither kept nor captured comes by one more execution of the tokens. */
  readonly sites?: string | readonly string[];
  /**
   * Bytes of tensors that the record may have; default 256 MiB. What the run has and what `sites` names must fit. What pictures read
   * besides goes in as far as there is room, and the manifest names what was left out.
   */
  readonly bytes?: number;
}

export const SAVE_OPTIONS: OptionNames<SaveOptions> = { sites: true, bytes: true };
