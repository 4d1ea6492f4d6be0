import type { TilePool } from "../backend/operators.ts";
import type { Range } from "../tensor/indexRange.ts";

/** A part of one layer's attention maps. */
export interface MapRequest {
  readonly layer: number;
  readonly mode: "pattern" | "scores";
  readonly heads: Range;
  readonly queries: Range;
  readonly keys: Range;
  /** As if sparse attention had left no key out; default false. */
  readonly everyKey?: boolean;
  readonly pool: TilePool | null;
}
