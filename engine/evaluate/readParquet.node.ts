import { isObject, type JsonObject } from "../base/json.ts";
import { checkForeignParquet } from "../record/checkForeignParquet.ts";

/**
 * The rows of a Parquet file; whole numbers of 64 bits become numbers where these are exact. What it says of its sizes is checked before it
 * is read.
 * @throws RangeError, and what hyparquet throws of what it cannot read
 */
export async function readParquet(bytes: Uint8Array): Promise<Record<string, unknown>[]> {
  const { parquetReadObjects, snappyUncompress } = await import("hyparquet");
  checkForeignParquet(bytes, (packed, nBytes) => {
    const unpacked = new Uint8Array(nBytes);
    snappyUncompress(packed, unpacked);
    return unpacked;
  });
  const { buffer, byteOffset, byteLength } = bytes;
  const file = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  const rows = await parquetReadObjects({ file, geoparquet: false });
  return rows.map(plainFields);
}

function plain(value: unknown): unknown {
  if (value === undefined) return null; // as hyparquet reads a list that is not there
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (Array.isArray(value)) return value.map(plain);
  const isStruct = isObject(value) && Object.getPrototypeOf(value) === Object.prototype;
  return isStruct ? plainFields(value) : value;
}

function plainFields(fields: JsonObject): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plain(value)]));
}
