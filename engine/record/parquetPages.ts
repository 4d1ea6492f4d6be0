import { ThriftReader, type ThriftStruct } from "./thrift.ts";

/** A column of a group of rows, as the footer has it. */
export interface ColumnChunk {
  readonly bytes: Uint8Array;
  readonly codec: number;
  /** Rows of its group. */
  readonly nRows: number;
}

interface Page {
  readonly header: ThriftStruct;
  readonly page: Uint8Array;
}

/** Numbers that the format gives to kinds. @see https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift */
export const DICTIONARY_PAGE = 2;
export const DATA_PAGE_V2 = 3;
export const SNAPPY = 1;
export const PLAIN = 0;
export const RLE = 3;
export const RLE_DICTIONARY = 8;

/** Snappy's shortest copy: 3 bytes for 64. */
const MOST_EXPANSION = 22;

export type Decompress = (bytes: Uint8Array, nBytes: number) => Uint8Array;

/**
 * Looks at all pages of a column: their sizes, and how often runs repeat a value. A reader that trusts them would otherwise ask for any
 * memory and any time.
 * @throws RangeError
 */
export function checkPages(chunk: ColumnChunk, decompress: Decompress): void {
  let nValues = 0;
  for (const { header, page } of pagesOf(chunk)) {
    const type = header.get(1);
    if (type === DICTIONARY_PAGE) checkDictionary(header, page, chunk);
    else if (type === DATA_PAGE_V2) nValues += checkData(header, page, chunk, decompress);
    else throw new RangeError(`a page of the type ${type}`);
  }
  if (nValues !== chunk.nRows) throw new RangeError(`${nValues} of ${chunk.nRows} rows`);
}

/** Pages with what stands before them, which fill the chunk. @throws RangeError */
export function* pagesOf({ bytes }: ColumnChunk): Generator<Page> {
  const reader = new ThriftReader(bytes);
  while (reader.offset < bytes.length) {
    const header = reader.struct();
    const size = numberAt(header, 3, "compressed_page_size");
    if (size > bytes.length - reader.offset) throw new RangeError(`a page of ${size} bytes`);
    const page = bytes.subarray(reader.offset, reader.offset + size);
    reader.offset += size;
    yield { header, page };
  }
}

function checkDictionary(header: ThriftStruct, page: Uint8Array, { codec }: ColumnChunk): void {
  const size = expandedSize(header, page.length, codec);
  const nValues = numberAt(structAt(header, 7), 1, "num_values");
  // Texts have their lengths before them; nothing else takes less.
  if (nValues * 4 > size) throw new RangeError(`${nValues} values in ${size} bytes`);
}

/** @returns how many rows it has */
function checkData(
  header: ThriftStruct,
  page: Uint8Array,
  { codec, nRows }: ColumnChunk,
  decompress: Decompress,
): number {
  const about = structAt(header, 8);
  const nValues = numberAt(about, 1, "num_values");
  const nNulls = numberAt(about, 2, "num_nulls");
  if (nValues > nRows || nNulls > nValues || numberAt(about, 3, "num_rows") !== nValues)
    throw new RangeError(`a page of ${nValues} values, ${nNulls} of them null, for ${nRows} rows`);
  const nLevels = numberAt(about, 5, "definition_levels_byte_length");
  const repeated = numberAt(about, 6, "repetition_levels_byte_length");
  if (repeated !== 0 || nLevels > page.length) throw new RangeError(`levels of ${nLevels} bytes`);
  checkRuns(page.subarray(0, nLevels), 1, nValues);
  const size = expandedSize(header, page.length, codec) - nLevels;
  if (size < 0) throw new RangeError(`values of ${size} bytes`);
  const packed = page.subarray(nLevels);
  const isPacked = codec === SNAPPY && about.get(7) !== false;
  const encoding = about.get(4);
  if (encoding === PLAIN) return nValues; // its values take their bytes
  const values = isPacked ? decompress(packed, size) : packed;
  if (encoding === RLE) checkRuns(values.subarray(4), 1, nValues - nNulls);
  else if (encoding === RLE_DICTIONARY)
    checkRuns(values.subarray(1), values[0] ?? 0, nValues - nNulls);
  else throw new RangeError(`the encoding ${encoding}`);
  return nValues;
}

/**
 * Runs of one value, and of values of so many bits, must come to as many as there are.
 * @returns how many of the values are `wanted`
 * @throws RangeError
 */
export function checkRuns(bytes: Uint8Array, bits: number, nValues: number, wanted = -1): number {
  if (bits > 32) throw new RangeError(`values of ${bits} bits`);
  let [at, found] = [0, 0];
  for (let seen = 0; seen < nValues; ) {
    const header = varintAt(bytes, at);
    at = header.end;
    const half = Math.floor(header.value / 2);
    const isPacked = header.value % 2 === 1;
    const [count, size] = isPacked ? [8 * half, half * bits] : [half, Math.ceil(bits / 8)];
    // Packed values take their bytes, and DuckDB fills its last run up with some that nobody reads.
    const most = isPacked && bits > 0 ? count : nValues - seen + (isPacked ? 7 : 0);
    if (count === 0 || count > most || size > bytes.length - at)
      throw new RangeError(`a run of ${count} for ${nValues - seen} values`);
    if (wanted >= 0 && isPacked)
      for (let i = 0; i < Math.min(count, nValues - seen); i++)
        found += Number(packedAt(bytes, 8 * at + i * bits, bits) === wanted);
    else if (wanted >= 0) found += packedAt(bytes, 8 * at, 8 * size) === wanted ? count : 0;
    at += size;
    seen += count;
  }
  return found;
}

/** A number of the format's variable length. @throws RangeError */
export function varintAt(bytes: Uint8Array, start: number): { value: number; end: number } {
  let [value, at] = [0, start];
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++];
    if (byte === undefined || scale > 2 ** 28) throw new RangeError("runs that do not end");
    value += (byte & 127) * scale;
    if (byte < 128) return { value, end: at };
  }
}

/** A number of so many bits, of which the lowest comes first. */
function packedAt(bytes: Uint8Array, start: number, bits: number): number {
  let value = 0;
  for (let i = 0; i < bits; i++) {
    const at = start + i;
    value += ((((bytes[at >> 3] ?? 0) >> (at & 7)) & 1) as number) * 2 ** i;
  }
  return value;
}

/** Bytes of a page when it is no longer compressed. @throws RangeError */
export function expandedSize(header: ThriftStruct, nBytes: number, codec: number): number {
  const size = numberAt(header, 2, "uncompressed_page_size");
  if (size <= (codec === SNAPPY ? MOST_EXPANSION * nBytes : nBytes)) return size;
  throw new RangeError(`a page of ${size} bytes in ${nBytes}`);
}

/** A number from 0. */
export function numberAt(struct: ThriftStruct, field: number, name: string): number {
  const value = struct.get(field);
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`${name} ${String(value)}`);
}

export function structAt(struct: ThriftStruct, field: number): ThriftStruct {
  const value = struct.get(field);
  if (value instanceof Map) return value;
  throw new RangeError(`no struct as field ${field}`);
}
