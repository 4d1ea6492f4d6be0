import type { Question } from "../offline/packed.ts";
import type { SamplesState } from "./data.ts";
import type { SamplePair } from "./pairs.ts";
import { FIRST_QUERY, PAGE_ROWS, type SamplesQuery, samplesPage } from "./query.ts";

/** What a page without a kernel can do: turn all pages, choose outcomes and arms, and open samples in the order of the table. */
export function keptQuestions(pairs: readonly SamplePair[], state: SamplesState): Question[] {
  const rows = (query: Partial<SamplesQuery>): Question => ({
    ...{ kind: "rows", ...FIRST_QUERY, ...query },
  });
  const pagesOf = (query: Partial<SamplesQuery>, total: number): Question[] =>
    Array.from({ length: Math.ceil(total / PAGE_ROWS) }, (_, page) =>
      rows({ ...query, start: page * PAGE_ROWS }),
    );
  const arms = state.arms.length > 1 ? state.arms : [];
  const inOrder = Array.from({ length: Math.ceil(pairs.length / PAGE_ROWS) }, (_, page) =>
    samplesPage(pairs, { ...FIRST_QUERY, start: page * PAGE_ROWS }),
  ).flatMap((page) => page.rows);
  return [
    ...state.shows.flatMap(({ show, count }) =>
      count === 0 ? [rows({ show })] : pagesOf({ show }, count),
    ),
    ...arms.flatMap(({ name, right, wrong, cut }) => pagesOf({ arm: name }, right + wrong + cut)),
    ...inOrder.map(({ row }): Question => ({ kind: "sample", row })),
  ];
}
