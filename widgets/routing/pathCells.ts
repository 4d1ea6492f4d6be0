import type { CellMark } from "./cellMapDrawing.ts";
import type { Route } from "./data.ts";
import type { TokenChoice } from "./routeStore.ts";
import { LEFT_OUT, NOTHING } from "./strengths.ts";

/** What is known of one token's way through the layers. */
export interface TokenPath {
  readonly nExperts: number;
  /** (layers) */
  readonly routes: readonly (Route | null)[];
  /** (layers, E) what selection looked at; null while unknown. */
  readonly scores: Float32Array | null;
  readonly choice: TokenChoice | null;
  /** (layers, k) experts of the token that it is aligned with in the compared run; null where there is none. */
  readonly other: Int32Array | null;
  readonly k: number;
}

/** (layers, E): chosen experts by their weight; experts of dropped groups, and those that a layer does not have, left out. */
export function pathStrengths({ nExperts, routes, scores, choice }: TokenPath): Float32Array {
  const strengths = new Float32Array(routes.length * nExperts).fill(NOTHING);
  routes.forEach((route, row) => {
    const width = choice?.routers[row]?.nExperts ?? nExperts;
    for (let expert = 0; expert < nExperts; expert++) {
      const at = row * nExperts + expert;
      if (expert >= width || scores?.[at] === Number.NEGATIVE_INFINITY) strengths[at] = LEFT_OUT;
    }
    route?.experts.forEach((expert, i) => {
      strengths[row * nExperts + expert] = 0.25 + 0.75 * Math.min(1, route.weights[i] ?? 0);
    });
  });
  return strengths;
}

/** The next best expert of each layer, what the bias brought and cost, and what the compared run has. */
export function pathMarks({ routes, choice, other, k }: TokenPath): CellMark[] {
  return routes.flatMap((route, row): CellMark[] => {
    const mark = (kind: CellMark["kind"]) => (column: number) => ({ row, column, kind });
    const next = choice?.runnersUp[row] ?? -1;
    const { gained, lost } = biasOf(route, choice, row, k);
    const others = other ? [...other.subarray(row * k, (row + 1) * k)] : [];
    return [
      ...others.filter((expert) => expert >= 0).map(mark("other")),
      ...(next >= 0 ? [mark("next")(next)] : []),
      ...gained.map(mark("gained")),
      ...lost.map(mark("lost")),
    ];
  });
}

/** Experts that the token has in a layer by the bias alone, and those that it would have without. */
export function biasOf(
  route: Route | null,
  choice: TokenChoice | null,
  row: number,
  k: number,
): { readonly gained: readonly number[]; readonly lost: readonly number[] } {
  const router = choice?.routers[row];
  if (!route || !choice?.withoutBias || !router?.hasBias || router.isEdited)
    return { gained: [], lost: [] };
  const plain = [...choice.withoutBias.subarray(row * k, (row + 1) * k)].filter((id) => id >= 0);
  return {
    gained: route.experts.filter((expert) => !plain.includes(expert)),
    lost: plain.filter((expert) => !route.experts.includes(expert)),
  };
}
