/**
 * Reduces `size` neighbours of workgroup memory pairwise, the upper half onto the lower until one is left: the order
 * depends on `size` (a u32 expression, a power of two) alone. `lane` is the invocation's place among the neighbours;
 * `array[slot]` is its value for each `slot`, an expression of the loop variable `s` below the u32 expression `slots`. The results stand in
 * lane 0's places. Begins and ends with a barrier.
 */
export function tree(
  reduced: { array: string; slots: string; slot: string },
  size: string,
  lane: string,
  join: (a: string, b: string) => string = (a, b) => `${a} + ${b}`,
): string {
  const { array, slots, slot } = reduced;
  const place = `${array}[${slot}]`;
  return `  workgroupBarrier();
  for (var half = ${size} / 2u; half >= 1u; half /= 2u) {
    if (${lane} < half) {
      ${slots === "1u" ? "" : `for (var s = 0u; s < ${slots}; s++) `}{ ${place} = ${join(place, `${array}[${slot} + half]`)}; }
    }
    workgroupBarrier();
  }`;
}

/** `tree` over one value per invocation of a workgroup of `size`. */
export function workgroupTree(
  array: string,
  size: number,
  join?: (a: string, b: string) => string,
): string {
  return tree({ array, slots: "1u", slot: "lid" }, `${size}u`, "lid", join);
}

export const maximum = (a: string, b: string): string => `max(${a}, ${b})`;
