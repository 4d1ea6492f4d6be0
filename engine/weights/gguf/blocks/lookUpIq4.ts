/** What the 4-bit codes of IQ4_NL and IQ4_XS stand for. */
const IQ4_VALUES = Int8Array.of(
  ...[-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113],
);

/** Looks up the first `count` codes in place. */
export function lookUpIq4(codes: Int8Array, count: number): void {
  for (let i = 0; i < count; i++) codes[i] = IQ4_VALUES[codes[i] as number] as number;
}
