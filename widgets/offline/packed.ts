import { fromPlanes, toPlanes } from "./planes.ts";

/** What a view asks of its kernel, less the number that tells questions apart. */
export interface Question {
  readonly kind: string;
  readonly [argument: string]: unknown;
}

/** What a kernel answers to one question. */
export interface KernelReply {
  readonly content: Readonly<Record<string, unknown>>;
  readonly buffers: readonly ArrayBuffer[];
}

/** What stands before the answers in the bytes of kept answers. */
export interface PackedHeader {
  readonly version: 1;
  /** How many answers the picture would have liked to keep. */
  readonly wanted: number;
  /** In the order of the answers behind it, with the packed bytes of each. */
  readonly answers: readonly { readonly question: Question; readonly bytes: number }[];
}

const LENGTH_BYTES = 4;

/** A question as a key: arguments in the order of their names, without those that are undefined. */
export function questionKey(question: Question): string {
  const named = Object.entries(question).filter(
    ([name, value]) => name !== "id" && value !== undefined,
  );
  return JSON.stringify(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** An answer as bytes that are compressed: JSON with the lengths of its buffers, then the buffers. */
export function packReply(
  content: Readonly<Record<string, unknown>>,
  buffers: readonly ArrayBufferView[],
): Promise<Uint8Array> {
  const parts = buffers.map(({ buffer, byteOffset, byteLength }) =>
    toPlanes(new Uint8Array(buffer, byteOffset, byteLength)),
  );
  const told = textBytes({ content, buffers: parts.map(({ length }) => length) });
  return gzip(joined([lengthBytes(told.length), told, ...parts]));
}

/** The answer that `packReply` packed. */
export async function unpackReply(packed: Uint8Array): Promise<KernelReply> {
  const bytes = await gunzip(packed);
  const start = LENGTH_BYTES + lengthAt(bytes);
  const { content, buffers } = jsonOf(bytes.subarray(LENGTH_BYTES, start)) as {
    content: KernelReply["content"];
    buffers: number[];
  };
  let from = start;
  return {
    content,
    buffers: buffers.map((length) => {
      from += length;
      return fromPlanes(bytes.subarray(from - length, from)).buffer;
    }),
  };
}

/** Header and answers in one piece: the length of the compressed header as u32, the header, the answers. */
export async function joinPacked(
  wanted: number,
  answers: readonly { readonly question: Question; readonly packed: Uint8Array }[],
): Promise<Uint8Array> {
  const header: PackedHeader = {
    version: 1,
    wanted,
    answers: answers.map(({ question, packed }) => ({ question, bytes: packed.length })),
  };
  const told = await gzip(textBytes(header));
  return joined([lengthBytes(told.length), told, ...answers.map(({ packed }) => packed)]);
}

/** The header and each answer, still packed. @throws Error where the bytes are no kept answers of this version */
export async function splitPacked(
  bytes: Uint8Array,
): Promise<{ readonly header: PackedHeader; readonly packed: readonly Uint8Array[] }> {
  let from = LENGTH_BYTES + lengthAt(bytes);
  const header = jsonOf(await gunzip(bytes.subarray(LENGTH_BYTES, from))) as PackedHeader;
  if (header.version !== 1)
    throw new Error(
      `kept answers: expected version 1, got ${String(header.version)}. Open the file with the Vitrine that wrote it, or run the cell again.`,
    );
  const packed = header.answers.map(({ bytes: length }) => {
    from += length;
    return bytes.subarray(from - length, from);
  });
  return { header, packed };
}

const gzip = (bytes: Uint8Array): Promise<Uint8Array> =>
  through(bytes, new CompressionStream("gzip"));
export const gunzip = (bytes: Uint8Array): Promise<Uint8Array> =>
  through(bytes, new DecompressionStream("gzip"));

async function through(
  bytes: Uint8Array,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array> {
  const body = new Blob([bytes.slice()]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(body).arrayBuffer());
}

const textBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const jsonOf = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));

function lengthBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(LENGTH_BYTES);
  new DataView(bytes.buffer).setUint32(0, length, true);
  return bytes;
}

const lengthAt = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
