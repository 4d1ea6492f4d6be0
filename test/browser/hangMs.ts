/** After this long a wait counts as hanging. No step takes nearly as long on the slowest machine, so that it decides nothing else. */
export const HANG_MS = 180_000;
