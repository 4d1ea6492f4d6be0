/** How many weights lie on the device in each form, forms in the order of their names: { f32: 41, q4_0: 12 }. */
export function weightDtypes(
  weights: ReadonlyMap<string, { readonly dtype: string }>,
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const dtype of [...weights.values()].map(({ dtype }) => dtype).sort())
    counts[dtype] = (counts[dtype] ?? 0) + 1;
  return counts;
}
