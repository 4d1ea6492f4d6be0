import { workgroupTree } from "./tree.ts";

/** Invocations that share one row's norm; by the row's width alone. */
export function normSize(width: number): number {
  return width >= 1024 ? 256 : 64;
}

export function meanSquareMemory(size: number): string {
  return `var<workgroup> squares: array<f32, ${size}>;`;
}

/** Statements that leave `meanSquare`, the mean of x(row + i)^2 over i < width, in every invocation. */
export function meanSquare(x: string, row: string, width: string, size: number): string {
  return `  var square = 0.0;
  for (var i = lid; i < ${width}; i += ${size}u) {
    let v = ${x}(${row} + i);
    square = fma(v, v, square);
  }
  squares[lid] = square;
${workgroupTree("squares", size)}
  let meanSquare = squares[0] / f32(${width});`;
}
