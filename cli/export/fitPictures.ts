import { InputError } from "../../engine/base/errors.ts";
import { joinPacked, splitPacked } from "../../widgets/offline/packed.ts";
import type { OfflinePicture } from "../../widgets/offline/page.ts";

/** What a page of a size holds. */
export interface Fitted {
  readonly html: string;
  /** Kept answers that the page has, and those that the notebook had. */
  readonly answers: number;
  readonly of: number;
}

/** A page of these pictures; told how many answers were left out. */
export type WritePage = (pictures: readonly OfflinePicture[], leftOut: number) => string;

/** Answers are base64 in the page. */
const GROWTH = 4 / 3;

/**
 * A page of at most `maxBytes`: each picture gives up its least needed answers, which are the finest ones, in the same share.
 * @throws InputError ERR_SIZE where the page is too long without any
 */
export async function fitPictures(
  pictures: readonly OfflinePicture[],
  maxBytes: number,
  write: WritePage,
): Promise<Fitted> {
  const of = await countAnswers(pictures);
  const whole = write(pictures, 0);
  if (Buffer.byteLength(whole) <= maxBytes) return { html: whole, answers: of, of };
  const bare = write(
    pictures.map((picture) => ({ ...picture, kept: new Uint8Array(0) })),
    of,
  );
  const bareBytes = Buffer.byteLength(bare);
  if (bareBytes > maxBytes)
    throw new InputError(
      "ERR_SIZE",
      `export: expected a page of at most ${maxBytes} bytes, got ${bareBytes} without any kept answer. Give a larger --max-size, or clear outputs that are not needed.`,
    );
  const all = pictures.reduce((sum, { kept }) => sum + kept.length, 0);
  const share = Math.min(1, (maxBytes - bareBytes) / (GROWTH * all));
  const cut = await Promise.all(
    pictures.map(async (picture) => ({
      ...picture,
      kept: await firstAnswers(picture.kept, Math.floor(share * picture.kept.length)),
    })),
  );
  const answers = await countAnswers(cut);
  const html = write(cut, of - answers);
  return Buffer.byteLength(html) <= maxBytes
    ? { html, answers, of }
    : { html: bare, answers: 0, of };
}

/** As many of the first answers as fit in the bytes, header included. */
async function firstAnswers(kept: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  if (kept.length === 0) return kept;
  const { header, packed } = await splitPacked(kept);
  const answers = header.answers.map(({ question }, i) => ({
    question,
    packed: packed[i] ?? new Uint8Array(0),
  }));
  let n = answers.length;
  let bytes = kept.length;
  while (n > 0 && bytes > maxBytes) bytes -= answers[--n]?.packed.length ?? 0;
  return n === 0 ? new Uint8Array(0) : joinPacked(header.wanted, answers.slice(0, n));
}

async function countAnswers(pictures: readonly OfflinePicture[]): Promise<number> {
  const counts = pictures.map(async ({ kept }) =>
    kept.length === 0 ? 0 : (await splitPacked(kept)).header.answers.length,
  );
  return (await Promise.all(counts)).reduce((sum, n) => sum + n, 0);
}
