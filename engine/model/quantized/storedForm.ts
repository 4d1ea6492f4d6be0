import type { WeightBytes } from "../../backend/backend.ts";
import type { PackedDType } from "../../backend/packed.ts";
import { ChunkRoom } from "../../weights/chunkRoom.ts";

/** A tensor as the checkpoint has it, which may take several of its entries. */
export interface StoredTensor {
  /** What its rows come in. */
  readonly dtype: WeightBytes["dtype"];
  /** The checkpoint's own name of the dtype. */
  readonly storedAs: string;
  readonly shape: readonly number[];
  readonly file: string;
  /** Names of its entries. */
  readonly parts: readonly string[];
  /** Reads what all rows share, such as scales, and gives what reads the rows. */
  open(): Promise<RowReader>;
}

/** Reads a tensor by runs of its rows, along the last axis; a vector is one row. */
export interface RowReader {
  /** Bytes that `fetch` reads for a row; 0 where `open` has read them all. */
  readonly rowBytes: number;
  /** Set where rows are blocks of a GGUF file that a device keeps in this dtype: it may take them as they are. */
  readonly blocks?: PackedDType;
  /** Fills `target` with the bytes of the rows from `firstRow` on, `rowBytes` for each. */
  fetch(firstRow: number, target: Uint8Array): Promise<void>;
  /**
   * Those rows as a device keeps them, in `data` itself or in `room`.
   * @throws WeightsError ERR_WEIGHTS_NAN
   */
  unpack(rows: FetchedRows, room: ChunkRoom): WeightBytes;
}

/** Of a tensor whose rows lie across the bytes of the checkpoint: `open` reads them all. */
export const HELD_ROWS: Pick<RowReader, "rowBytes" | "fetch"> = {
  rowBytes: 0,
  fetch: async () => undefined,
};

interface FetchedRows {
  /** What `fetch` filled, at the start of a buffer. */
  readonly data: Uint8Array<ArrayBuffer>;
  readonly firstRow: number;
  readonly nRows: number;
}

export function rowCount(shape: readonly number[]): number {
  return shape.slice(0, -1).reduce((a, b) => a * b, 1);
}

/** All of a tensor at once. */
export async function readWhole(tensor: StoredTensor): Promise<WeightBytes> {
  const nRows = rowCount(tensor.shape);
  const reader = await tensor.open();
  const data = new Uint8Array(nRows * reader.rowBytes);
  await reader.fetch(0, data);
  return reader.unpack({ data, firstRow: 0, nRows }, new ChunkRoom());
}
