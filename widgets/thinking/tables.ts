import type { ThinkingCurveRecord, ThinkingPoint } from "../../engine/trace/schema.ts";
import type { Table, TableColumn } from "../render/table.ts";

/** A row for each point of each curve; a budget of null is no limit. */
export function thinkingTables({ curves }: ThinkingCurveRecord): Table[] {
  const rows = curves.flatMap(({ name, points }) => points.map((point) => ({ name, point })));
  const column = (
    name: string,
    at: (point: ThinkingPoint) => number,
    unit?: string,
  ): TableColumn => ({
    name,
    values: Float64Array.from(rows, ({ point }) => at(point)),
    ...(unit !== undefined && { unit }),
  });
  return [
    {
      name: "points",
      columns: [
        { name: "curve", values: rows.map(({ name }) => name) },
        { name: "budget", unit: "tokens", values: rows.map(({ point }) => point.budget) },
        column("tasks", ({ n }) => n),
        column("right", ({ right }) => right),
        column("wrong", ({ wrong }) => wrong),
        column("cut", ({ cut }) => cut),
        column("right after the budget", ({ rightAfterBudget }) => rightAfterBudget),
        column("wrong after the budget", ({ wrongAfterBudget }) => wrongAfterBudget),
        column("share right", ({ share }) => share),
        column("low", ({ low }) => low),
        column("high", ({ high }) => high),
        column("thinking", ({ thinkingTokens }) => thinkingTokens, "tokens"),
        column("answer", ({ answerTokens }) => answerTokens, "tokens"),
      ],
    },
  ];
}
