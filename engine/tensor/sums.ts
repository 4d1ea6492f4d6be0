/*
 * Sums in float64: four partial ones, each of every fourth number in the order of the line, then (first + second) + (third + fourth).
 * One after the other, every addition would wait for the one before it.
 */

export function sumOf(line: Float64Array): number {
  const whole = line.length & ~3;
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let j = 0; j < whole; j += 4) {
    a += line[j] as number;
    b += line[j + 1] as number;
    c += line[j + 2] as number;
    d += line[j + 3] as number;
  }
  if (whole < line.length) a += line[whole] as number;
  if (whole + 1 < line.length) b += line[whole + 1] as number;
  if (whole + 2 < line.length) c += line[whole + 2] as number;
  return a + b + (c + d);
}

export function sumOfSquares(line: Float64Array): number {
  const whole = line.length & ~3;
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let j = 0; j < whole; j += 4) {
    a += (line[j] as number) * (line[j] as number);
    b += (line[j + 1] as number) * (line[j + 1] as number);
    c += (line[j + 2] as number) * (line[j + 2] as number);
    d += (line[j + 3] as number) * (line[j + 3] as number);
  }
  if (whole < line.length) a += (line[whole] as number) ** 2;
  if (whole + 1 < line.length) b += (line[whole + 1] as number) ** 2;
  if (whole + 2 < line.length) c += (line[whole + 2] as number) ** 2;
  return a + b + (c + d);
}
