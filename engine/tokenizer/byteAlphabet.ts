/**
 * The 256 printable characters that byte-level vocabularies spell bytes with: a printable Latin-1 byte stands for
 * itself, the 68 others for U+0100 and up, in order.
 * @see the byte encoder of GPT-2
 */
const byteOf = new Map<string, number>();

let next = 0x100;
for (let byte = 0; byte < 256; byte++) {
  const printable =
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  byteOf.set(String.fromCodePoint(printable ? byte : next), byte);
  if (!printable) next += 1;
}

export function byteOfCharacter(character: string): number | undefined {
  return byteOf.get(character);
}
