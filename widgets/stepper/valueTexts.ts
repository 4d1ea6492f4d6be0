import { visibleToken } from "../render/visibleToken.ts";
import type { Matrix, Place } from "./matrixPicture.ts";
import { number } from "./numbersPanel.ts";
import type { WindowReply } from "./picture.ts";

/** What slices are called, by the letter of their axis. */
const NOUNS: Readonly<Record<string, string>> = { H: "head", K: "head", k: "expert", n: "stream" };

export function nounOf({ slices }: WindowReply): string {
  return NOUNS[slices.sliceDim ?? ""] ?? "slice";
}

/** Which slice it is, where there are several. */
export function sliceText(reply: WindowReply): string {
  return reply.slices.nSlices > 1 ? `, ${nounOf(reply)} ${reply.slice}` : "";
}

/** Axes with their sizes. */
export function shapeText({ dims, shape }: WindowReply): string {
  return `(${dims.map((dim, i) => `${dim} ${shape[i]}`).join(", ")})`;
}

/** What the colours mean. */
export function scaleText(matrix: Matrix): string {
  const { isF64, largest, slices, statistics, edited } = matrix;
  const everywhere = slices.nSlices > 1 ? ` in every ${nounOf(matrix)}` : "";
  const notFinite = statistics.nNotFinite > 0 ? "; grey is not finite" : "";
  const written = edited.length > 0 ? "; framed is written by hand" : "";
  return `Blue below zero, red above; full colour at ±${number(largest, isF64)}${everywhere}${notFinite}${written}.`;
}

/**
 * Where a number stands, and the number with every digit.
 * @param start position of the step's first token
 */
export function numberTexts(
  { window, numbers, dims, rowTexts, isF64 }: Matrix,
  { row, column }: Place,
  start: number,
  tokenTexts: readonly string[],
): { readonly where: string; readonly text: string } {
  const { rowStart, columnStart, columnCount } = window;
  const x = numbers[(row - rowStart) * columnCount + column - columnStart] ?? Number.NaN;
  const key = dims.at(-1) === "S" ? ` ${visibleToken(tokenTexts[column] ?? "")}` : "";
  const where = `token ${start + row} ${visibleToken(rowTexts[row] ?? "")}, column ${column}${key}`;
  return { where, text: number(x, isF64) };
}
