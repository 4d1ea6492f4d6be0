/** One thing the build makes. It is skipped while its inputs hash to the value recorded at its last success. */
export interface Target {
  readonly name: string;
  /** Files and folders, from the root of the repository, whose content decides whether the target is stale. */
  readonly inputs: readonly string[];
  /** Input paths to leave out: what the target itself writes among its sources. */
  readonly ignore?: (path: string) => boolean;
  /** Targets whose outputs this one reads. */
  readonly after?: readonly string[];
  /** Files that must exist for the target to count as fresh. */
  outputs(): readonly string[];
  /** Makes the outputs and returns one short line about them. */
  build(): Promise<string>;
}
