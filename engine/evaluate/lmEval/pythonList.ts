const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\n": "" };
const ITEM = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?))\s*(,|$)/sy;

/** A list of texts and numbers as Python writes it: ['a', "b's", 3]; null for anything else. */
export function pythonList(text: string): (string | number)[] | null {
  const inside = /^\s*\[(.*)\]\s*$/s.exec(text)?.[1];
  if (inside === undefined) return null;
  const items: (string | number)[] = [];
  let at = 0;
  while (inside.slice(at).trim() !== "") {
    ITEM.lastIndex = at;
    const match = ITEM.exec(inside);
    if (match === null) return null;
    const [whole, single, double, number] = match;
    const written = single ?? double;
    items.push(written === undefined ? Number(number) : unescaped(written));
    at += whole.length;
  }
  return items;
}

function unescaped(text: string): string {
  return text.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))/gs,
    (_, x, u, long, other) => {
      const code = x ?? u ?? long;
      return code === undefined
        ? (ESCAPES[other] ?? (/['"\\]/.test(other) ? other : `\\${other}`))
        : String.fromCodePoint(Number.parseInt(code, 16));
    },
  );
}
