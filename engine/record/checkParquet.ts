import { checkPages, numberAt, structAt } from "./parquetPages.ts";
import { ThriftReader, type ThriftStruct } from "./thrift.ts";

/** Rows that a byte of a table stands for at most, where runs of equal values are counted. */
const MOST_ROWS = 64;

/** A footer has its length and "PAR1" behind it. */
const TAIL_BYTES = 8;

/** Types of the columns that records have: BOOLEAN, INT32, DOUBLE, BYTE_ARRAY. */
const TYPES = new Set([0, 1, 5, 6]);
const BYTE_ARRAY = 6;
const UTF8 = 0;
const OPTIONAL = 1;
/** UNCOMPRESSED and SNAPPY. */
const MOST_CODEC = 1;

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

function footerOf(bytes: Uint8Array): ThriftStruct {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - TAIL_BYTES;
  const length = end < 0 ? 0 : view.getUint32(end, true);
  if (end < 0 || length > end) throw new RangeError(`a footer of ${length} bytes`);
  return new ThriftReader(bytes.subarray(end - length, end)).struct();
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

function chunkOf(bytes: Uint8Array, about: ThriftStruct, nRows: number) {
  const dictionary = about.has(11) ? numberAt(about, 11, "dictionary_page_offset") : 0;
  const start = dictionary || numberAt(about, 9, "data_page_offset");
  const size = numberAt(about, 7, "total_compressed_size");
  if (start + size > bytes.length) throw new RangeError(`a chunk of ${size} bytes at ${start}`);
  const codec = numberAt(about, 4, "codec");
  if (codec > MOST_CODEC) throw new RangeError(`the codec ${codec}`);
  return { bytes: bytes.subarray(start, start + size), codec, nRows };
}

function structsAt(struct: ThriftStruct, field: number): readonly ThriftStruct[] {
  const list = struct.get(field);
  if (Array.isArray(list) && list.every((item) => item instanceof Map)) return list;
  throw new RangeError(`no list of structs as field ${field}`);
}
