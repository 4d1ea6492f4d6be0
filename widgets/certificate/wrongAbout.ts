type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === "string";
const textOrNone: Check = (value) => value === null || text(value);
const count: Check = (value) => typeof value === "number";

/** What a certificate says of an evaluation, by the path of each field. */
const FIELDS: Readonly<Record<string, Check>> = {
  "about.model": text,
  "about.modelHash": textOrNone,
  "about.weights": textOrNone,
  "about.backend": text,
  "about.arithmetic": text,
  "about.device": textOrNone,
  "about.driver": textOrNone,
  "about.versions.vitrine": text,
  "about.versions.node": textOrNone,
  "about.seed": count,
  "about.epochs": count,
  metrics: Array.isArray,
  csvLines: (value) => typeof value === "function",
};

/**
 * Has an evaluation all that a certificate says of it? Objects of an older version may lack some.
 * @returns what is wrong in words, or null
 */
export function wrongAbout(evaluation: object): string | null {
  for (const [path, isRight] of Object.entries(FIELDS))
    if (!isRight(valueAt(evaluation, path))) return `one without ${path}, as of another version`;
  return null;
}

function valueAt(object: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (value, name) => (value as Record<string, unknown> | undefined)?.[name],
      object,
    );
}
