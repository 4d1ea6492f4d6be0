/** The entry point `vitrine/widgets`: pictures of a run, displayed as the last value of a cell. */
export { attention } from "./attention/widget.ts";
export { CostWidget, cost, type GenerationSource } from "./cost/widget.ts";
export type { RunSource, TileRequest } from "./render/runSource.ts";
export { routing } from "./routing/widget.ts";
