/** Names under which a rewritten cell finds what it needs; parameters of the function that wraps it. */
export const SCOPE_NAME = "__vitrineScope";
export const RUNTIME_NAME = "__vitrineRuntime";
/** How the scripts of cells are called in V8, before a number. */
export const CELL_URL_PREFIX = "vitrine-cell-";
