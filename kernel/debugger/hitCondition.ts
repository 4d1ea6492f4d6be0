/** Whether a breakpoint stops at a hit, counted from 1. */
export type HitTest = (hit: number) => boolean;

const TESTS: Readonly<Record<string, (hit: number, number: number) => boolean>> = {
  "==": (hit, number) => hit === number,
  ">": (hit, number) => hit > number,
  ">=": (hit, number) => hit >= number,
  "<": (hit, number) => hit < number,
  "<=": (hit, number) => hit <= number,
  "%": (hit, number) => hit % number === 0,
};

/** `5` stops at the fifth hit, `>= 5` from there on, `% 5` at every fifth; null for anything else. */
export function parseHitCondition(text: string): HitTest | null {
  const [, sign = "", digits = ""] = /^\s*(==|=|>=?|<=?|%)?\s*(\d+)\s*$/.exec(text) ?? [];
  const test = TESTS[sign === "" || sign === "=" ? "==" : sign];
  const number = Number(digits);
  if (digits === "" || test === undefined || (sign === "%" && number === 0)) return null;
  return (hit) => test(hit, number);
}
