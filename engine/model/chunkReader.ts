import type { WeightBytes } from "../backend/backend.ts";
import type { PackedDType } from "../backend/packed.ts";
import { ChunkRoom } from "../weights/chunkRoom.ts";
import { type RowReader, rowCount, type StoredTensor } from "./quantized/storedForm.ts";

export interface TensorToRead<T> {
  readonly tensor: StoredTensor;
  /** Neighbouring rows, from the first on, that are wanted at once. */
  readonly together: number;
  /** Given back with every chunk. */
  readonly use: T;
}

/** Neighbouring rows of a tensor. */
export interface Chunk<T> {
  readonly use: T;
  readonly tensor: StoredTensor;
  readonly firstRow: number;
  readonly nRows: number;
  readonly isLast: boolean;
  /** The rows as the checkpoint has them, where a device may take them so, until the next chunk is asked for. */
  readonly blocks: { readonly dtype: PackedDType; readonly data: Uint8Array } | null;
  /** The rows as a device keeps them, until the next chunk is asked for. */
  unpack(): WeightBytes;
}

/**
 * Reads tensors one after the other in chunks of about `chunkBytes`. While a chunk is in use, the next is on its way; two
 * buffers take turns, so that memory beside the weights is a few chunks, whatever the tensors' sizes.
 * @param room of what is unpacked
 */
export async function* readChunks<T>(
  tensors: readonly TensorToRead<T>[],
  chunkBytes: number,
  room: ChunkRoom,
): AsyncGenerator<Chunk<T>, void, undefined> {
  const places = chunkPlaces(tensors, chunkBytes);
  const buffers = [new ChunkRoom(), new ChunkRoom()] as const;
  let turn = 0;
  const fetchNext = async (): Promise<Chunk<T> | null> => {
    const { value } = await places.next();
    if (!value) return null;
    const { reader, ...place } = value;
    const { firstRow, nRows } = place;
    turn = 1 - turn;
    const byteLength = nRows * reader.rowBytes;
    const buffer = byteLength > chunkBytes ? new ChunkRoom() : (buffers[turn] as ChunkRoom);
    const data = buffer.take("rows", byteLength);
    if (data.length > 0) await reader.fetch(firstRow, data);
    const unpack = () => reader.unpack({ data, firstRow, nRows }, room);
    const blocks = reader.blocks === undefined ? null : { dtype: reader.blocks, data };
    return { ...place, blocks, unpack };
  };
  let next = fetchNext();
  try {
    for (let chunk = await next; chunk !== null; chunk = await next) {
      next = fetchNext();
      next.catch(() => undefined); // it is awaited when its turn comes, or not at all
      yield chunk;
    }
  } finally {
    await next.catch(() => undefined); // whoever closes the files must not find them in use
  }
}

interface ChunkPlace<T> extends Omit<Chunk<T>, "blocks" | "unpack"> {
  readonly reader: RowReader;
}

async function* chunkPlaces<T>(
  tensors: readonly TensorToRead<T>[],
  chunkBytes: number,
): AsyncGenerator<ChunkPlace<T>, void, undefined> {
  for (const { tensor, together, use } of tensors) {
    const reader = await tensor.open();
    const all = rowCount(tensor.shape);
    const most = rowsOfChunk(tensor, reader, together, chunkBytes);
    for (let firstRow = 0; firstRow < all; firstRow += most) {
      const nRows = Math.min(most, all - firstRow);
      yield { tensor, reader, use, firstRow, nRows, isLast: firstRow + nRows === all };
    }
  }
}

/** Rows that a device may keep side by side: a chunk of many rows ends with a whole number of these. */
const ROW_TILE = 8;

/** As many rows as make a chunk, counted as read and with a byte for each element at least. */
function rowsOfChunk(
  { shape }: StoredTensor,
  { rowBytes }: RowReader,
  together: number,
  chunkBytes: number,
): number {
  const rows = Math.floor(chunkBytes / Math.max(rowBytes, shape.at(-1) ?? 1, 1));
  const unit = together === 1 && rows >= ROW_TILE ? ROW_TILE : together;
  return Math.max(1, Math.floor(rows / unit)) * unit;
}
