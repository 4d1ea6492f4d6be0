import type { TouchedBy } from "./compileEdits.ts";
import type { Edit } from "./edit.ts";

/** Edits of a sequence as a run over the same tokens takes them, where none is generated: positions are counted out. */
export function editsAgain(touched: readonly TouchedBy[], nTokens: number): Edit[] {
  return touched.flatMap(({ edit, span }): Edit[] => {
    if (!("position" in edit) || edit.position === undefined) return [edit];
    const end = Math.min(span.end, nTokens);
    return span.start < end ? [{ ...edit, position: [span.start, end] }] : [];
  });
}
