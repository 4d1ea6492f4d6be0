import { alignedBuffer } from "../render/afm.ts";
import type { AskKernel } from "../render/askKernel.ts";
import type { Place } from "./matrixPicture.ts";
import type { ThumbnailsReply, WindowReply } from "./picture.ts";
import type { SlicesPicture } from "./slicesStrip.ts";
import { nounOf } from "./valueTexts.ts";

/** A window of a site's numbers, as the kernel gave it. */
export interface LoadedValue {
  readonly site: string;
  readonly reply: WindowReply;
  /** (rows, columns) of the window. */
  readonly numbers: Float64Array;
  /** Of each of the window's rows. */
  readonly norms: Float64Array;
  /** All slices, small; none where there is one. */
  readonly thumbnails: SlicesPicture;
}

export interface WantedValue extends Place {
  readonly site: string;
  readonly slice: number;
}

/** Asks for the window that a number is in. */
export async function loadValue(
  ask: AskKernel,
  { site, slice, row, column }: WantedValue,
): Promise<LoadedValue> {
  const { content, buffers } = await ask("window", { site, slice, row, column });
  const reply = content.reply as WindowReply;
  const small = reply.slices.nSlices > 1 ? await ask("thumbnails", { site }) : null;
  const thumbnails = (small?.content.reply ?? NO_THUMBNAILS) as ThumbnailsReply;
  return {
    site,
    reply,
    numbers: new Float64Array(alignedBuffer(buffers[0])),
    norms: new Float64Array(alignedBuffer(buffers[1])),
    thumbnails: {
      ...thumbnails,
      cells: new Float32Array(alignedBuffer(small?.buffers[0])),
      largest: reply.largest,
      noun: nounOf(reply),
    },
  };
}

const NO_THUMBNAILS: ThumbnailsReply = { nSlices: 0, rows: 0, columns: 0 };
