import type { Target } from "../task.ts";

/** Every text or number that is right, as text. */
export function targetTexts(target: Target | null): readonly string[] {
  if (target === null) return [];
  return [target].flat().map(String);
}

const NUMBER = /[-+]?(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?/g;

/** Numbers that stand in a text, in their order; 1,234 is one. A sign counts where no digit stands before it. */
export function numbersIn(text: string): { readonly text: string; readonly value: number }[] {
  return [...text.matchAll(NUMBER)].map(({ 0: match, index }) => {
    const before = text[index - 1] ?? "";
    const isOperator = /^[-+]/.test(match) && /[\d)\]]/.test(before);
    const written = isOperator ? match.slice(1) : match;
    return { text: written, value: Number(written.replaceAll(",", "")) };
  });
}
