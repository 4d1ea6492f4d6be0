/** UTF-8 bytes as text, those that are no whole character as \xNN. */
export function showBytes(bytes: Uint8Array): string {
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  let start = 0;
  while (start < bytes.length) {
    const length = sequenceLength(bytes[start] as number);
    try {
      text += utf8.decode(bytes.subarray(start, start + length));
      start += length;
    } catch {
      text += `\\x${(bytes[start] as number).toString(16).toUpperCase().padStart(2, "0")}`;
      start += 1;
    }
  }
  return text;
}

function sequenceLength(firstByte: number): number {
  if (firstByte >= 0xf0) return 4;
  if (firstByte >= 0xe0) return 3;
  return firstByte >= 0xc0 ? 2 : 1;
}
