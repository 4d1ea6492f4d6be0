import { type ColumnChunk, numberAt } from "./parquetPages.ts";
import { ThriftReader, type ThriftStruct } from "./thrift.ts";

/** A footer has its length and "PAR1" behind it. */
const TAIL_BYTES = 8;

/** By their numbers; the first two are read. */
const CODECS = ["UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"];
const MOST_CODEC = 1;

/** @throws RangeError */
export function footerOf(bytes: Uint8Array): ThriftStruct {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - TAIL_BYTES;
  const length = end < 0 ? 0 : view.getUint32(end, true);
  if (end < 0 || length > end) throw new RangeError(`a footer of ${length} bytes`);
  return new ThriftReader(bytes.subarray(end - length, end)).struct();
}

/** The bytes of a column of a group, which lie in the file. @param about as the footer has it @throws RangeError */
export function chunkOf(bytes: Uint8Array, about: ThriftStruct, nRows: number): ColumnChunk {
  const dictionary = about.has(11) ? numberAt(about, 11, "dictionary_page_offset") : 0;
  const start = dictionary || numberAt(about, 9, "data_page_offset");
  const size = numberAt(about, 7, "total_compressed_size");
  if (start + size > bytes.length) throw new RangeError(`a chunk of ${size} bytes at ${start}`);
  const codec = numberAt(about, 4, "codec");
  if (codec > MOST_CODEC) throw new RangeError(`the codec ${CODECS[codec] ?? codec}`);
  return { bytes: bytes.subarray(start, start + size), codec, nRows };
}

/** @throws RangeError */
export function structsAt(struct: ThriftStruct, field: number): readonly ThriftStruct[] {
  const list = struct.get(field);
  if (Array.isArray(list) && list.every((item) => item instanceof Map)) return list;
  throw new RangeError(`no list of structs as field ${field}`);
}
