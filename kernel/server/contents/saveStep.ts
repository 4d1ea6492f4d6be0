/**
 * Where a save is, in order. A process that ends at any of them leaves the old file up to "closed" and the new one from
 * "placed" on, whole. "writing" comes once for every piece of the content.
 */
export const SAVE_STEPS = ["begun", "opened", "writing", "written", "closed", "placed"] as const;

export type SaveStep = (typeof SAVE_STEPS)[number];

/**
 * Told of every step once it is done and before the next is taken, so that a test can end the process there.
 * @param path of the file that is saved, on disk
 * @param writtenBytes of its content, so far
 */
export type SaveObserver = (step: SaveStep, path: string, writtenBytes: number) => void;
