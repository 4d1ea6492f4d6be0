import { BOOLEAN, type ParquetLeaf } from "./foreignSchema.ts";
import {
  type ColumnChunk,
  checkRuns,
  DATA_PAGE_V2,
  type Decompress,
  DICTIONARY_PAGE,
  expandedSize,
  numberAt,
  PLAIN,
  pagesOf,
  RLE,
  RLE_DICTIONARY,
  SNAPPY,
  structAt,
  varintAt,
} from "./parquetPages.ts";
import type { ThriftStruct } from "./thrift.ts";

const DATA_PAGE = 0;
const PLAIN_DICTIONARY = 2;
const DELTA_BINARY_PACKED = 5;
const DELTA_LENGTH_BYTE_ARRAY = 6;
const BYTE_STREAM_SPLIT = 9;
/** Its values say how much of the one before they repeat: a few bytes may stand for any number. */
const DELTA_BYTE_ARRAY = 7;

/**
 * Looks at all pages of a column of a file of anybody, of both versions of the format: their sizes, and how often runs repeat a value.
 * @returns how many values they have, nothing among them
 * @throws RangeError
 */
export function checkForeignPages(
  chunk: ColumnChunk,
  leaf: ParquetLeaf,
  decompress: Decompress,
): number {
  let nValues = 0;
  for (const { header, page } of pagesOf(chunk)) {
    const type = header.get(1);
    if (type === DICTIONARY_PAGE) {
      const size = expandedSize(header, page.length, chunk.codec);
      checkPlain(numberAt(structAt(header, 7), 1, "num_values"), size, leaf);
    } else if (type === DATA_PAGE) nValues += checkFirst(header, page, chunk, leaf, decompress);
    else if (type === DATA_PAGE_V2) nValues += checkSecond(header, page, chunk, leaf, decompress);
    else throw new RangeError(`a page of the type ${type}`);
  }
  return nValues;
}

/** A page of the first version: levels and values are compressed together, and each list of levels has its length before it. */
function checkFirst(
  header: ThriftStruct,
  page: Uint8Array,
  { codec }: ColumnChunk,
  leaf: ParquetLeaf,
  decompress: Decompress,
): number {
  const about = structAt(header, 5);
  const nValues = numberAt(about, 1, "num_values");
  const size = expandedSize(header, page.length, codec);
  const bytes = codec === SNAPPY ? decompress(page, size) : page;
  let [at, nHere] = [0, nValues];
  if (leaf.repetitions > 0) at += prefixed(bytes, bitsOf(leaf.repetitions), nValues).taken;
  if (leaf.definitions > 0) {
    const bits = bitsOf(leaf.definitions);
    const levels = prefixed(bytes.subarray(at), bits, nValues, leaf.definitions);
    at += levels.taken;
    nHere = levels.found;
  }
  checkValues(about.get(2), bytes.subarray(at), nHere, leaf);
  return nValues;
}

/** A page of the second version: levels are not compressed, and the header has their lengths. */
function checkSecond(
  header: ThriftStruct,
  page: Uint8Array,
  { codec }: ColumnChunk,
  leaf: ParquetLeaf,
  decompress: Decompress,
): number {
  const about = structAt(header, 8);
  const nValues = numberAt(about, 1, "num_values");
  const nNulls = numberAt(about, 2, "num_nulls");
  const definitions = numberAt(about, 5, "definition_levels_byte_length");
  const repetitions = numberAt(about, 6, "repetition_levels_byte_length");
  const nLevels = definitions + repetitions;
  const size = expandedSize(header, page.length, codec) - nLevels;
  if (nNulls > nValues || nLevels > page.length || size < 0)
    throw new RangeError(
      `a page of ${nValues} values, ${nNulls} of them null, and ${nLevels} bytes`,
    );
  if (leaf.repetitions > 0)
    checkRuns(page.subarray(0, repetitions), bitsOf(leaf.repetitions), nValues);
  if (leaf.definitions > 0)
    checkRuns(page.subarray(repetitions, nLevels), bitsOf(leaf.definitions), nValues);
  const packed = page.subarray(nLevels);
  const isPacked = codec === SNAPPY && about.get(7) !== false;
  checkValues(about.get(4), isPacked ? decompress(packed, size) : packed, nValues - nNulls, leaf);
  return nValues;
}

function checkValues(
  encoding: unknown,
  bytes: Uint8Array,
  nValues: number,
  leaf: ParquetLeaf,
): void {
  if (nValues === 0) return;
  switch (encoding) {
    case PLAIN:
    case BYTE_STREAM_SPLIT:
      checkPlain(nValues, bytes.length, leaf);
      return;
    case PLAIN_DICTIONARY:
    case RLE_DICTIONARY: {
      const [bits = 0] = bytes;
      if (bits > 0) checkRuns(bytes.subarray(1), bits, nValues);
      return;
    }
    case RLE:
      if (leaf.type !== BOOLEAN) throw new RangeError(`the encoding RLE of the type ${leaf.type}`);
      prefixed(bytes, 1, nValues);
      return;
    case DELTA_BINARY_PACKED:
    case DELTA_LENGTH_BYTE_ARRAY:
      checkDeltas(bytes);
      return;
    case DELTA_BYTE_ARRAY:
      throw new RangeError("the encoding DELTA_BYTE_ARRAY");
    default:
      throw new RangeError(`the encoding ${encoding}`);
  }
}

function checkPlain(nValues: number, size: number, { width }: ParquetLeaf): void {
  if (nValues * width > size) throw new RangeError(`${nValues} values in ${size} bytes`);
}

/** Differences come in blocks of parts, each of which says its width in a byte. */
function checkDeltas(bytes: Uint8Array): void {
  const nParts = varintAt(bytes, varintAt(bytes, 0).end).value;
  if (nParts === 0 || nParts > bytes.length) throw new RangeError(`blocks of ${nParts} parts`);
}

/** Runs that have their length before them. */
function prefixed(bytes: Uint8Array, bits: number, nValues: number, wanted?: number) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  if (length > bytes.length - 4) throw new RangeError(`runs of ${length} bytes`);
  const found = checkRuns(bytes.subarray(4, 4 + length), bits, nValues, wanted);
  return { taken: 4 + length, found };
}

const bitsOf = (most: number): number => 32 - Math.clz32(most);
