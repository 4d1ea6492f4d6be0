const ENTITIES: Readonly<Record<string, string>> = {
  ...{ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " },
};

/** What a reader sees of a piece of HTML, on one line. */
export const plainText = (html: string): string =>
  html
    .replace(/<\/?(?:p|li|tr|td|th|h\d|pre|div|br|table)\b[^>]*>/g, " ")
    .replace(/<[^>]*>/g, "")
    .replace(/&(#x?[\da-f]+|\w+);/gi, (whole, name: string) => entity(name) ?? whole)
    .replace(/\s+/g, " ")
    .trim();

function entity(name: string): string | undefined {
  const [, hex, digits] = /^#(?:x([\da-f]+)|(\d+))$/i.exec(name) ?? [];
  if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
  return digits === undefined ? ENTITIES[name] : String.fromCodePoint(Number(digits));
}
