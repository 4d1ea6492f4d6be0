import type { Answer } from "../render/answerQuestions.ts";
import { integerIn } from "../render/answerQuestions.ts";
import type { KernelQuestion } from "../render/askKernel.ts";
import {
  largestOf,
  MOST_THUMBNAILS,
  rowNorms,
  slicesOf,
  statisticsOf,
  type ThumbnailsReply,
  thumbnailsOf,
  type WindowReply,
  windowNumbers,
  windowOf,
} from "./picture.ts";
import type { NumbersSource } from "./stepperSource.ts";

/** The window of a site that a cell is in, with what the whole slice is like. */
export function readWindow(value: NumbersSource, question: KernelQuestion): Answer {
  const { shape, dims, data } = value;
  const slices = slicesOf(value);
  const slice = Math.min(
    integerIn(question, "slice", 0, Number.MAX_SAFE_INTEGER),
    slices.nSlices - 1,
  );
  const row = Math.min(integerIn(question, "row", 0, Number.MAX_SAFE_INTEGER), slices.nRows - 1);
  const column = Math.min(
    integerIn(question, "column", 0, Number.MAX_SAFE_INTEGER),
    slices.nColumns - 1,
  );
  const window = windowOf(slices, row, column);
  const { rowStart, rowCount } = window;
  const reply: WindowReply = {
    ...{ shape, dims, isF64: data instanceof Float64Array, slices, slice, window },
    largest: largestOf(value),
    statistics: statisticsOf(value, slices, slice),
  };
  return {
    content: { reply },
    buffers: [
      windowNumbers(value, slices, slice, window),
      rowNorms(value, slices, slice).slice(rowStart, rowStart + rowCount),
    ],
  };
}

/** All slices small; none where there is one, or too many. */
export function readThumbnails(value: NumbersSource): Answer {
  const slices = slicesOf(value);
  const isFit = slices.nSlices > 1 && slices.nSlices <= MOST_THUMBNAILS;
  const { rows, columns, cells } = isFit
    ? thumbnailsOf(value, slices)
    : { rows: 0, columns: 0, cells: new Float32Array(0) };
  const reply: ThumbnailsReply = { nSlices: isFit ? slices.nSlices : 0, rows, columns };
  return { content: { reply }, buffers: [cells] };
}
