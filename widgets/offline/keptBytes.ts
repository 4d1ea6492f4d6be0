const DEFAULT = 1_000_000;

/**
 * Most bytes of kept answers of one picture, compressed: the variable VITRINE_KEPT_BYTES, where it is set; 0 keeps none.
 * @throws TypeError if it is no whole number of at least 0
 */
export function keptBytes(): number {
  const given = process.env.VITRINE_KEPT_BYTES ?? "";
  if (given === "") return DEFAULT;
  const bytes = Number(given);
  if (Number.isSafeInteger(bytes) && bytes >= 0) return bytes;
  throw new TypeError(
    `VITRINE_KEPT_BYTES: expected a whole number of bytes, at least 0, got ${JSON.stringify(given)}. Leave it unset for ${DEFAULT}.`,
  );
}
