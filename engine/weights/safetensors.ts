import { WeightsError } from "../base/errors.ts";
import { repeatedKey } from "./repeatedKey.ts";

/** Bytes per element of every dtype the safetensors format has in whole bytes. */
export const SAFETENSORS_DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  F8_E8M0: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
  C64: 8,
} as const;

export type SafetensorsDType = keyof typeof SAFETENSORS_DTYPE_BYTES;

interface SafetensorsTensor {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  /** From the start of the file. */
  readonly byteOffset: number;
  readonly byteLength: number;
}

export interface SafetensorsHeader {
  /** In the order of their data. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Bytes before the first tensor's data: the 8 length bytes and the JSON. */
  readonly dataStart: number;
}

const LENGTH_BYTES = 8;
/** The limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;
const DOWNLOAD_AGAIN = "The file is damaged or incomplete; download it again.";

/**
 * How many bytes at the start of a file hold its header, the 8 length bytes included.
 * @param start the first bytes of the file, at least 8 of them if the file has 8
 * @throws WeightsError ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_TRUNCATED
 */
export function safetensorsHeaderBytes(start: Uint8Array, fileSize: number, file: string): number {
  if (fileSize < LENGTH_BYTES || start.length < LENGTH_BYTES)
    throw new WeightsError(
      "ERR_WEIGHTS_TRUNCATED",
      `${file}: expected at least ${LENGTH_BYTES} bytes of safetensors header, got a file of ${fileSize} bytes. ${DOWNLOAD_AGAIN}`,
    );
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES)
    throw new WeightsError(
      "ERR_WEIGHTS_FORMAT",
      `${file}: expected a header of at most ${MAX_HEADER_BYTES} bytes, got ${length}. This is not a safetensors file (a Git LFS pointer or a web page saved under its name looks like this); download it again.`,
    );
  if (length < 2)
    throw new WeightsError(
      "ERR_WEIGHTS_FORMAT",
      `${file}: expected a JSON header of at least 2 bytes, got ${length}. ${DOWNLOAD_AGAIN}`,
    );
  if (LENGTH_BYTES + length > fileSize)
    throw new WeightsError(
      "ERR_WEIGHTS_TRUNCATED",
      `${file}: expected ${LENGTH_BYTES + length} bytes of header, got a file of ${fileSize} bytes. ${DOWNLOAD_AGAIN}`,
    );
  return LENGTH_BYTES + length;
}

/**
 * Reads the header of a safetensors file, accepting only what the format allows: known dtypes, every tensor's bytes
 * equal to its shape times its dtype, and data that covers the rest of the file once, without gap or overlap.
 * @param bytes the start of the file: the whole header at least
 * @param fileSize of the whole file
 * @param file its name, for messages
 * @throws WeightsError ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_TRUNCATED
 * @see https://github.com/huggingface/safetensors#format
 */
export function parseSafetensorsHeader(
  bytes: Uint8Array,
  fileSize: number,
  file = "model.safetensors",
): SafetensorsHeader {
  const dataStart = safetensorsHeaderBytes(bytes, fileSize, file);
  if (bytes.length < dataStart)
    throw new WeightsError(
      "ERR_WEIGHTS_TRUNCATED",
      `${file}: expected the ${dataStart} bytes of its header, got ${bytes.length}. ${DOWNLOAD_AGAIN}`,
    );
  const json = parseHeaderJson(bytes.subarray(LENGTH_BYTES, dataStart), file);
  const tensors: [string, SafetensorsTensor][] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, value] of Object.entries(json)) {
    if (name === "__metadata__") metadata = parseMetadata(value, file);
    else tensors.push([name, parseTensor(name, value, dataStart, file)]);
  }
  tensors.sort(([, a], [, b]) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength);
  checkCoverage(tensors, dataStart, fileSize, file);
  return { tensors: new Map(tensors), metadata, dataStart };
}

function malformed(file: string, expected: string, got: string): WeightsError {
  return new WeightsError(
    "ERR_WEIGHTS_FORMAT",
    `${file}: expected ${expected}, got ${got}. ${DOWNLOAD_AGAIN}`,
  );
}

function parseHeaderJson(bytes: Uint8Array, file: string): Record<string, unknown> {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    json = JSON.parse(text);
  } catch (cause) {
    throw new WeightsError(
      "ERR_WEIGHTS_FORMAT",
      `${file}: expected a header of UTF-8 JSON, got bytes that do not parse (${cause instanceof Error ? cause.message : cause}). ${DOWNLOAD_AGAIN}`,
      { cause },
    );
  }
  if (!isRecord(json) || !text.startsWith("{"))
    throw malformed(file, "a header that is a JSON object", describe(json));
  const repeated = repeatedKey(text);
  if (repeated !== null)
    throw malformed(file, "every name once in the header", `${JSON.stringify(repeated)} twice`);
  return json;
}

function parseMetadata(value: unknown, file: string): Readonly<Record<string, string>> {
  if (!isRecord(value)) throw malformed(file, "__metadata__ to be an object", describe(value));
  for (const [key, text] of Object.entries(value))
    if (typeof text !== "string")
      throw malformed(file, `__metadata__[${JSON.stringify(key)}] to be a string`, describe(text));
  return value as Record<string, string>;
}

function parseTensor(
  name: string,
  value: unknown,
  dataStart: number,
  file: string,
): SafetensorsTensor {
  const what = `tensor ${JSON.stringify(name)}`;
  if (!isRecord(value))
    throw malformed(file, `${what} to be described by an object`, describe(value));
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDType(dtype))
    throw new WeightsError(
      "ERR_WEIGHTS_FORMAT",
      `${file}: expected the dtype of ${what} to be one of ${Object.keys(SAFETENSORS_DTYPE_BYTES).join(", ")}, got ${describe(dtype)}. Convert the checkpoint to a dtype of this list.`,
    );
  if (!Array.isArray(shape) || !shape.every(isSize))
    throw malformed(file, `the shape of ${what} to be a list of sizes`, describe(shape));
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    throw malformed(file, `data_offsets of ${what} to be two byte positions`, describe(offsets));
  const [begin, end] = offsets as [number, number];
  if (end < begin)
    throw malformed(file, `data_offsets of ${what} in ascending order`, `[${begin}, ${end}]`);
  const byteLength = (shape as number[]).reduce((a, b) => a * b, SAFETENSORS_DTYPE_BYTES[dtype]);
  if (byteLength !== end - begin)
    throw malformed(
      file,
      `${what} to take ${byteLength} bytes (${dtype}, shape [${shape.join(", ")}])`,
      `${end - begin} (data_offsets [${begin}, ${end}])`,
    );
  return { dtype, shape, byteOffset: dataStart + begin, byteLength };
}

function checkCoverage(
  tensors: readonly [string, SafetensorsTensor][],
  dataStart: number,
  fileSize: number,
  file: string,
): void {
  let next = dataStart;
  let previous = "the header";
  for (const [name, { byteOffset, byteLength }] of tensors) {
    if (byteOffset !== next)
      throw malformed(
        file,
        `the data of ${JSON.stringify(name)} to start at byte ${next}, where ${previous} ends`,
        `byte ${byteOffset} (${byteOffset < next ? "an overlap" : "a gap"})`,
      );
    next += byteLength;
    previous = JSON.stringify(name);
  }
  if (next > fileSize)
    throw new WeightsError(
      "ERR_WEIGHTS_TRUNCATED",
      `${file}: expected ${next} bytes (header and ${tensors.length} tensors), got ${fileSize} bytes: the file is truncated. Download it again.`,
    );
  if (next < fileSize)
    throw malformed(
      file,
      `${next} bytes (header and ${tensors.length} tensors)`,
      `${fileSize} bytes`,
    );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isDType(value: unknown): value is SafetensorsDType {
  return typeof value === "string" && Object.hasOwn(SAFETENSORS_DTYPE_BYTES, value);
}

function describe(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
