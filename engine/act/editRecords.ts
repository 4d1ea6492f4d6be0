import type { EditRecord } from "../trace/schema.ts";
import type { TouchedBy } from "./compileEdits.ts";
import { editJson } from "./editJson.ts";

/** What edits did to a run of `nTokens`. */
export function editRecords(touched: readonly TouchedBy[], nTokens: number): EditRecord[] {
  return touched.map(({ edit, span, nColumns }) => ({
    edit: editJson(edit),
    positions: [Math.min(span.start, nTokens), Math.min(span.end, nTokens)],
    columns: nColumns,
  }));
}
