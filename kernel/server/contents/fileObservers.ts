import type { PieceObserver } from "./filePieces.ts";
import type { SaveObserver } from "./saveStep.ts";

/** Told what happens to files, so that a test can count and stop it. */
export interface FileObservers {
  readonly onStep?: SaveObserver | undefined;
  readonly onPiece?: PieceObserver | undefined;
}
