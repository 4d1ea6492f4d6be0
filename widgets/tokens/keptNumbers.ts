import type { Question } from "../offline/packed.ts";
import { ASKED, type MeasureKey } from "./measures.ts";

/** Most tokens whose alternatives are kept. */
const MOST_ALTERNATIVES = 1024;

/** The measures that are worked out when they are asked for, then what could have stood in each token's place. */
export function keptNumbers(
  nTokens: number,
  missing: Readonly<Partial<Record<MeasureKey | "part" | "draft", string>>>,
): readonly Question[] {
  const columns = ASKED.filter((key) => !(key in missing)).map((measure) => ({
    kind: "column",
    measure,
  }));
  if ("entropy" in missing) return columns;
  const nKept = Math.min(nTokens - 1, MOST_ALTERNATIVES);
  const alternatives = Array.from({ length: nKept }, (_, i) => ({
    kind: "alternatives",
    token: i + 1,
  }));
  return [...columns, ...alternatives];
}
