import { ShapeError } from "../base/errors.ts";

/** A token id that the embedding table does not have. */
export function tokenIdError(id: number, row: number, nVocab: number): ShapeError {
  return new ShapeError(
    "ERR_INDEX",
    `embed: expected token ids from 0 to ${nVocab - 1}, got ${id} at row ${row}. Encode the text with this model's tokenizer.`,
  );
}

/** An entry of a row map beyond the rows that it names. */
export function rowMapError(
  kind: string,
  { field, nRows }: { readonly field: string; readonly nRows: number },
  row: number,
  at: number,
): ShapeError {
  return new ShapeError(
    "ERR_INDEX",
    `${kind}: expected ${field} below ${nRows}, got ${row} at ${at}. ${field === "counts" ? "Choose at most k experts." : "Give the tensor that they name as many rows."}`,
  );
}

/** An expert index that names no expert. */
export function expertIndexError(
  kind: string,
  expert: number,
  slot: number,
  nExperts: number,
): ShapeError {
  return new ShapeError(
    "ERR_INDEX",
    `${kind}: expected expert indices from 0 to ${nExperts - 1}, or -1 for none, got ${expert} in slot ${slot}. Route the same tokens first.`,
  );
}
