/**
 * Undoes llama.cpp's order of query and key rows, pair by pair for interleaved rotation, by whole rows: row i D/2 + j of a
 * head stands at 2 j + i.
 */
export function unpermuteRows(
  data: Uint8Array,
  nRows: number,
  nHeads: number,
): Uint8Array<ArrayBuffer> {
  const rowBytes = data.length / nRows;
  const [perHead, half] = [nRows / nHeads, nRows / nHeads / 2];
  const out = new Uint8Array(data.length);
  for (let row = 0; row < nRows; row++) {
    const within = row % perHead;
    const [i, j] = [within < half ? 0 : 1, within % half];
    const from = (row - within + 2 * j + i) * rowBytes;
    out.set(data.subarray(from, from + rowBytes), row * rowBytes);
  }
  return out;
}
