/** The text inside of the first element of that name; null where there is none. What stores answer has no attributes there. */
export function inner(xml: string, name: string): string | null {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? null;
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" },
};

/** Text of XML with its entities in place of their names. */
export function unescaped(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

/** A page of ListObjectsV2. */
export interface ListedPage {
  readonly objects: readonly { readonly key: string; readonly bytes: number }[];
  /** What keys begin with up to the next slash, where that was asked. */
  readonly prefixes: readonly string[];
  /** Names the next page; null on the last. */
  readonly next: string | null;
}

/** @param xml an answer to ListObjectsV2 with encoding-type=url, so that keys have no letter that XML cannot have */
export function listedPage(xml: string): ListedPage {
  const keyOf = (text: string | null) => decodeURIComponent((text ?? "").replaceAll("+", " "));
  const objects = [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, one = ""]) => ({
    key: keyOf(inner(one, "Key")),
    bytes: Number(inner(one, "Size")),
  }));
  const prefixes = [...xml.matchAll(/<CommonPrefixes>(.*?)<\/CommonPrefixes>/gs)].map(
    ([, one = ""]) => keyOf(inner(one, "Prefix")),
  );
  const next = inner(xml, "NextContinuationToken");
  const isCut = inner(xml, "IsTruncated") === "true";
  return { objects, prefixes, next: isCut && next !== null ? unescaped(next) : null };
}
