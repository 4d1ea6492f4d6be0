import type { RopeLayout } from "../../operators.ts";

/**
 * Statements that rotate pair `j` of the `pairs` pairs of elements from `from` on: they leave `first` and `second`, the indices of
 * the pair's elements, and `a` and `b`, the rotated values. (a, b) -> (a cos - b sin, b cos + a sin); pairs are
 * neighbours (interleaved) or half a vector apart (half). Needs accessors `cos` and `sin`.
 */
export function rotate(
  layout: RopeLayout,
  pairs: string,
  x: string,
  from: string,
  j: string,
  position: string,
): string {
  const [first, second] =
    layout === "interleaved" ? [`2u * ${j}`, `2u * ${j} + 1u`] : [j, `${j} + (${pairs})`];
  return `    let first = ${from} + ${first};
    let second = ${from} + ${second};
    let angle = (${position}) * (${pairs}) + ${j};
    let p = ${x}(first);
    let q = ${x}(second);
    let a = fma(p, cosine(angle), -(q * sine(angle)));
    let b = fma(q, cosine(angle), p * sine(angle));`;
}
