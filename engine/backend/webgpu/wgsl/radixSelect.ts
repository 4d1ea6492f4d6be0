/** Invocations of the workgroup that selects. */
export const RADIX_SIZE = 256;

/**
 * Selection of the k largest of n values by one workgroup, the lower index first among equals. `value(i)` is a reader of
 * f32. The k-th largest is found digit by digit (eight bits at a time, over counts of whole numbers); then every
 * invocation takes what its own stretch has at or above it.
 *
 * `largestOf(row, n, k, lid)` gives each invocation its `Share`: it goes through `first` to `end`, takes keys above
 * `threshold` and the first `ties` equal to it, and puts them at `place` and behind. All invocations call it together.
 */
export const radixSelect = (value: string): string => `
var<workgroup> counts: array<atomic<u32>, ${RADIX_SIZE}>;
var<workgroup> larger: array<u32, ${RADIX_SIZE}>;
var<workgroup> equal: array<u32, ${RADIX_SIZE}>;
var<workgroup> known: u32;
var<workgroup> wanted: u32;
struct Share { threshold: u32, first: u32, end: u32, place: u32, ties: u32 }
/** A u32 that is ordered as the value is. */
fn sortable(i: u32) -> u32 {
  let bits = bitcast<u32>(${value}(i));
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}
fn largestOf(row: u32, n: u32, k: u32, lid: u32) -> Share {
  if (lid == 0u) { known = 0u; wanted = k; }
  var mask = 0u;
  for (var round = 0u; round < 4u; round++) {
    let shift = 24u - 8u * round;
    atomicStore(&counts[lid], 0u);
    workgroupBarrier();
    for (var s = lid; s < n; s += ${RADIX_SIZE}u) {
      let key = sortable(row + s);
      if ((key & mask) == known) { atomicAdd(&counts[(key >> shift) & 255u], 1u); }
    }
    workgroupBarrier();
    if (lid == 0u) {
      var digit = 255u;
      while (atomicLoad(&counts[digit]) < wanted) {
        wanted -= atomicLoad(&counts[digit]);
        digit--;
      }
      known |= digit << shift;
    }
    workgroupBarrier();
    mask |= 255u << shift;
  }
  let length = (n + ${RADIX_SIZE - 1}u) / ${RADIX_SIZE}u;
  let first = min(lid * length, n);
  let end = min(first + length, n);
  var above = 0u;
  var ties = 0u;
  for (var s = first; s < end; s++) {
    let key = sortable(row + s);
    if (key > known) { above++; }
    if (key == known) { ties++; }
  }
  larger[lid] = above;
  equal[lid] = ties;
  workgroupBarrier();
  var before = 0u;
  var tiesBefore = 0u;
  for (var other = 0u; other < lid; other++) {
    before += larger[other];
    tiesBefore += equal[other];
  }
  let taken = min(tiesBefore, wanted);
  return Share(known, first, end, before + taken, wanted - taken);
}`;
