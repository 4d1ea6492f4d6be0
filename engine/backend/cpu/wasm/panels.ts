/*
 * A weight of two or more axes is a number of matrices, those of its last two axes, each of n rows and k columns. Every matrix
 * lies in panels of eight rows, the last one padded with zeros, so that the lanes of a vector are rows of the weight. In the
 * host's memory of a weight a descriptor of eight words comes first; the kernels know a weight by its address.
 */

/** Where element (row r of a panel, column c) lies; see also packed.ts. */
export const f32Kind: u32 = 0; // [k][8]
export const bf16Kind: u32 = 1; // [k/2][8][2], the last pair filled up with zeros
export const f8e4m3: u32 = 2;
export const q8_0: u32 = 3;
export const mxfp4: u32 = 4;
export const q4_0: u32 = 5;
export const q4_k: u32 = 6; // these three: see kQuants.ts
export const q5_k: u32 = 7;
export const q6_k: u32 = 8;

/** Do two codes share a byte, and nothing lies beside them? */
export function halvesOf(kind: u32): bool {
  return kind === mxfp4 || kind === q4_0;
}

/** Rows of a panel. */
export const panelRows: i32 = 8;

export function kindOf(w: usize): u32 {
  return load<u32>(w);
}

/** Rows of each matrix. */
export function rowsOf(w: usize): i32 {
  return load<i32>(w, 4);
}

/** Columns of each matrix. */
export function columnsOf(w: usize): i32 {
  return load<i32>(w, 8);
}

/** log2 of the columns that share a scale. */
export function groupShiftOf(w: usize): i32 {
  return load<i32>(w, 12);
}

/** Panels of each matrix. */
export function panelsOf(w: usize): i32 {
  return (rowsOf(w) + panelRows - 1) / panelRows;
}

/** The elements, or codes, of a panel; panels are counted through all matrices. */
export function codesAt(w: usize, panel: i32): usize {
  return <usize>load<u32>(w, 16) + <usize>panel * <usize>load<u32>(w, 24);
}

/** The scales of a panel: [k/group][8]. */
export function scalesAt(w: usize, panel: i32): usize {
  return <usize>load<u32>(w, 20) + <usize>panel * <usize>load<u32>(w, 28);
}

/** The panel of a row, with rows counted through all matrices. */
export function panelOfRow(w: usize, row: i32): i32 {
  const n = rowsOf(w);
  return (row / n) * panelsOf(w) + ((row % n) >> 3);
}

/** The place of that row in its panel. */
export function laneOfRow(w: usize, row: i32): i32 {
  return (row % rowsOf(w)) & 7;
}
