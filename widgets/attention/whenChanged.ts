/** A function that says whether it is given other values than before: what takes long is drawn anew only then. */
export function whenChanged(): (...values: readonly unknown[]) => boolean {
  let last: readonly unknown[] | null = null;
  return (...values) => {
    const isSame =
      last !== null &&
      last.length === values.length &&
      values.every((value, i) => Object.is(value, last?.[i]));
    last = values;
    return !isSame;
  };
}
