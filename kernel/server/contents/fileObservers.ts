import type { PieceObserver } from "./filePieces.ts";
import type { SaveObserver } from "./saveStep.ts";

/** Told what happens to files, so that a test can count and stop it. */
export interface FileObservers {
  readonly onStep?: SaveObserver | undefined;
  readonly onPiece?: PieceObserver | undefined;
}

/** The same observers, told where a file lies instead of the path that it is written by. */
export function observersOf({ onStep, onPiece }: FileObservers, realPath: string): FileObservers {
  return {
    onPiece,
    ...(onStep === undefined
      ? {}
      : { onStep: (step, _, writtenBytes) => onStep(step, realPath, writtenBytes) }),
  };
}
