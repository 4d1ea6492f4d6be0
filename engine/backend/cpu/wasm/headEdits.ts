/** What edits do to the scores of attention heads: temperatures and masks of single edges, as edgeMask.ts lays them out. */

/** Of one head; `temperatures` is 0 for none. */
export function temperatureOf(temperatures: usize, head: i32): f32 {
  return temperatures ? load<f32>(temperatures + ((<usize>head) << 2)) : 1;
}

/** Where the bits lie that entry `at` of the map names; 0 for no bits, or no map. */
export function bitsAt(map: usize, bits: usize, words: i32, at: i32): usize {
  if (!map) return 0;
  const row = load<i32>(map + ((<usize>at) << 2));
  return row < 0 ? 0 : bits + ((<usize>row * <usize>words) << 2);
}

export function isMasked(bits: usize, words: i32, key: i32): bool {
  const word = key >> 5;
  if (word >= words) return false;
  return ((load<u32>(bits + ((<usize>word) << 2)) >>> (key & 31)) & 1) === 1;
}

/** scores[i] /= temperature. */
export function soften(scores: usize, count: i32, temperature: f32): void {
  for (let i = 0; i < count; i++) {
    const at = scores + ((<usize>i) << 2);
    store<f32>(at, load<f32>(at) / temperature);
  }
}

/** Scores of masked keys become -infinity; key i is the first + i-th of `positions`, or that number itself if those are 0. */
export function hide(
  scores: usize,
  first: i32,
  count: i32,
  positions: usize,
  bits: usize,
  words: i32,
): void {
  for (let i = 0; i < count; i++) {
    const slot = first + i;
    const key = positions ? load<i32>(positions + ((<usize>slot) << 2)) : slot;
    if (isMasked(bits, words, key)) store<f32>(scores + ((<usize>i) << 2), <f32>-Infinity);
  }
}
