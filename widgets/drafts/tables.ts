import type { Table } from "../render/table.ts";
import { type DraftsState, stepsOf } from "./data.ts";

/** Every generated token with its draft, and acceptance by label and position: the numbers behind the picture. */
export function draftsTables({
  tokens,
  domains,
}: Pick<DraftsState, "tokens" | "domains">): Table[] {
  const step = stepsOf(tokens).flatMap((each, i) => each.map(() => i));
  const rows = domains.flatMap(({ name, acceptance }) => [
    { name, position: null as number | null, rate: acceptance },
    ...acceptance.byPosition.map((rate, i) => ({ name, position: (i + 1) as number | null, rate })),
  ]);
  return [
    {
      name: "drafts",
      columns: [
        { name: "position in the text", values: Int32Array.from(tokens, ({ index }) => index) },
        { name: "token", values: tokens.map(({ text }) => text) },
        { name: "step", values: Int32Array.from(step) },
        { name: "place in the step", values: Int32Array.from(tokens, (t) => t.position) },
        { name: "verdict", values: tokens.map(({ verdict }) => verdict) },
        { name: "draft", values: tokens.map(({ draftText }) => draftText) },
        {
          name: "probability under the draft module",
          values: tokens.map((t) => t.draftProbability),
        },
        { name: "probability under the model", values: tokens.map((t) => t.modelProbability) },
      ],
    },
    {
      name: "acceptance",
      columns: [
        { name: "label", values: rows.map(({ name }) => name) },
        { name: "place in the step", values: rows.map(({ position }) => position) },
        { name: "judged", values: Int32Array.from(rows, ({ rate }) => rate.judged) },
        { name: "accepted", values: Int32Array.from(rows, ({ rate }) => rate.accepted) },
        { name: "rate", values: rows.map(({ rate }) => rate.rate) },
      ],
    },
  ];
}
