/**
 * A whole number of a command line.
 * @param program for the message
 * @throws TypeError
 */
export function wholeNumber(program: string, option: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new TypeError(`${program}: expected a whole number as --${option}, got ${text}. Give one.`);
}
