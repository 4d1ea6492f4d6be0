/** `sum += a . b` over one unit, in ascending order; of a unit of 32 as `byteBlocks` does it. */
export function accumulate(sum: string, a: string, b: string, unit: 1 | 4 | 32): string {
  if (unit === 32) return `${sum} = addBlock(${sum}, ${a}, ${b});`;
  if (unit === 1) return `${sum} = fma(${a}, ${b}, ${sum});`;
  return ["x", "y", "z", "w"].map((d) => `${sum} = fma(${a}.${d}, ${b}.${d}, ${sum});`).join(" ");
}

/** 4 if every given element count and stride is a multiple of 4, else 1. */
export function unitOf(...strides: readonly number[]): 1 | 4 {
  return strides.every((stride) => stride % 4 === 0) ? 4 : 1;
}
