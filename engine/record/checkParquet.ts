import { chunkOf, footerOf, structsAt } from "./parquetFooter.ts";
import { checkPages, numberAt, structAt } from "./parquetPages.ts";
import type { ThriftStruct } from "./thrift.ts";

/** Rows that a byte of a table stands for at most, where runs of equal values are counted. */
const MOST_ROWS = 64;

/** Types of the columns that records have: BOOLEAN, INT32, DOUBLE, BYTE_ARRAY. */
const TYPES = new Set([0, 1, 5, 6]);
const BYTE_ARRAY = 6;
const UTF8 = 0;
const OPTIONAL = 1;

/**
 * Looks at what a Parquet file says of its sizes before anybody believes it: columns are flat and of the types that records have, chunks
 * lie in the file and take no more bytes together than it has, pages and runs come to the rows that there are.
 * @throws RangeError
 */
export function checkParquet(
  bytes: Uint8Array,
  decompress: (bytes: Uint8Array, nBytes: number) => Uint8Array,
): void {
  const footer = footerOf(bytes);
  const nRows = numberAt(footer, 3, "num_rows");
  if (nRows > MOST_ROWS * bytes.length) throw new RangeError(`${nRows} rows`);
  const nColumns = checkSchema(structsAt(footer, 2));
  let [rows, taken] = [0, 0];
  for (const group of structsAt(footer, 4)) {
    const columns = structsAt(group, 1);
    if (columns.length !== nColumns) throw new RangeError(`${columns.length} columns in a group`);
    const groupRows = numberAt(group, 3, "num_rows");
    rows += groupRows;
    for (const column of columns) {
      const chunk = chunkOf(bytes, structAt(column, 3), groupRows);
      taken += chunk.bytes.length;
      if (taken > bytes.length) throw new RangeError(`chunks of ${taken} bytes`);
      checkPages(chunk, decompress);
    }
  }
  if (rows !== nRows) throw new RangeError(`${rows} of ${nRows} rows`);
}

/** @returns how many columns there are, all of them flat */
function checkSchema([root, ...columns]: readonly ThriftStruct[]): number {
  if (root?.get(5) !== columns.length) throw new RangeError(`${columns.length} columns`);
  for (const column of columns) {
    const [type, repetition, children, converted] = [1, 3, 5, 6].map((id) => column.get(id));
    const logical = column.get(10);
    const isString = logical instanceof Map && logical.size === 1 && logical.get(1) instanceof Map;
    const isText = type === BYTE_ARRAY && converted === UTF8;
    const isPlain = converted === undefined && logical === undefined;
    const isFlat = repetition === OPTIONAL && (children ?? 0) === 0;
    if (!isFlat || !TYPES.has(type as number) || !(isPlain || (isText && (isString || !logical))))
      throw new RangeError(`a column of the type ${String(type)}`);
  }
  return columns.length;
}
