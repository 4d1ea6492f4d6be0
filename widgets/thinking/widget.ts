import type { ThinkingCurveRecord } from "../../engine/trace/schema.ts";
import { checkOptions } from "../../kernel/display/checkOptions.ts";
import { Picture } from "../render/picture.ts";
import { viewSource } from "../render/viewSource.ts";
import { type ThinkingState, thinkingText, wrongWithRecord } from "./data.ts";
import { thinkingPicture } from "./staticPicture.ts";
import { thinkingTables } from "./tables.ts";

/**
 * Accuracy against the budget of thinking, with intervals, and with a band for answers that a limit cut.
 * @param record what `thinkingCurve` gives
 * @throws KernelError ERR_OPTION; TypeError if the record is none, or has no points
 */
export function thinking(
  record: ThinkingCurveRecord,
  options: Readonly<Record<string, never>> = {},
): Picture<ThinkingState> {
  checkOptions("thinking", options, {});
  const wrong = wrongWithRecord(record);
  if (wrong !== null)
    throw new TypeError(
      `thinking: expected the record of a thinkingCurve, got ${wrong}. Pass what await thinkingCurve(model, { tasks, budgets }) gives.`,
    );
  return new Picture<ThinkingState>({
    name: "thinking",
    esm: viewSource("thinking"),
    state: { record },
    svg: () => thinkingPicture(record),
    text: () => thinkingText(record),
    tables: () => thinkingTables(record),
  });
}
