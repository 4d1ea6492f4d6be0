import { putBuffer, StateModel } from "./stateModel.ts";

/** A value's place inside of a state, and its bytes in base64. */
interface SavedBuffer {
  readonly path: readonly (string | number)[];
  readonly data: string;
}

/** What a page without a kernel has of a picture. */
export interface SavedState {
  /** JSON; what was binary in it is left out, or null in lists. */
  readonly state: Readonly<Record<string, unknown>>;
  readonly buffers: readonly SavedBuffer[];
}

/** The model that a view gets where nobody listens: the saved state, which stays changed as long as the page is open. */
export class PageModel extends StateModel {
  readonly hasKernel = false;

  constructor({ state, buffers }: SavedState) {
    const whole = { ...state };
    for (const { path, data } of buffers) putBuffer(whole, path, bytesOf(data));
    super(whole);
  }

  /** Goes nowhere: `askKernel` sees that no kernel is here, and asks none. */
  send(): void {}
}

const bytesOf = (base64: string): DataView =>
  new DataView(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer);
