/** One segment of a source map; every number is 0-based. */
export interface Mapping {
  readonly line: number;
  readonly column: number;
  readonly sourceLine: number;
  readonly sourceColumn: number;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUE_OF = new Map([...DIGITS].map((digit, value) => [digit, value]));

/**
 * The segments of a source map (version 3) of one source, in the order of the generated code.
 * Segments that name no place in the source are left out.
 */
export function decodeMappings(sourceMap: string): Mapping[] {
  const { mappings } = JSON.parse(sourceMap) as { mappings: string };
  const decoded: Mapping[] = [];
  let sourceLine = 0;
  let sourceColumn = 0;
  for (const [line, segments] of mappings.split(";").entries()) {
    let column = 0;
    for (const segment of segments.split(",")) {
      if (segment === "") continue;
      const [columnDelta = 0, , lineDelta, sourceColumnDelta] = decodeNumbers(segment);
      column += columnDelta;
      if (lineDelta === undefined || sourceColumnDelta === undefined) continue;
      sourceLine += lineDelta;
      sourceColumn += sourceColumnDelta;
      decoded.push({ line, column, sourceLine, sourceColumn });
    }
  }
  return decoded;
}

/** Base64 digits of variable length: 5 bits each, the sixth says that more follow, the lowest of all is the sign. */
function decodeNumbers(segment: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const digit of segment) {
    const bits = VALUE_OF.get(digit) ?? 0;
    value += (bits & 31) * 2 ** shift;
    shift += 5;
    if (bits & 32) continue;
    numbers.push(value % 2 === 1 ? -(value - 1) / 2 : value / 2);
    value = 0;
    shift = 0;
  }
  return numbers;
}
