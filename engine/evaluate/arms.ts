import type { EditRequest } from "../act/edit.ts";
import { wrongOption } from "./evaluateErrors.ts";
import type { EvaluateOptions, ThinkingArm } from "./evaluateOptions.ts";

/** One way of asking all samples. */
export interface Arm {
  /** Null where the axis was not asked for. */
  readonly edits: string | null;
  readonly thinking: string | null;
  readonly editList: readonly EditRequest[];
  readonly thinkingRule: ThinkingArm | undefined;
}

/** Every pair of edits and thinking, edits outside. @throws InputError ERR_OPTION */
export function armsOf({ edits, thinking }: Pick<EvaluateOptions, "edits" | "thinking">): Arm[] {
  const lists = editLists(edits);
  const rules = thinkingRules(thinking);
  return lists.flatMap((list) => rules.map((rule) => ({ ...list, ...rule })));
}

/** An arm in a line: "edits without 5.0, thinking budget 8". */
export function armName({ edits, thinking }: Pick<Arm, "edits" | "thinking">): string {
  const parts = [
    ...(edits === null ? [] : [`edits ${edits}`]),
    ...(thinking === null ? [] : [`thinking ${thinking}`]),
  ];
  return parts.length === 0 ? "as it is" : parts.join(", ");
}

function editLists(edits: EvaluateOptions["edits"]): Pick<Arm, "edits" | "editList">[] {
  if (edits === undefined) return [{ edits: null, editList: [] }];
  const isRecord = typeof edits === "object" && edits !== null && !Array.isArray(edits);
  const lists = isRecord ? Object.entries(edits) : [];
  if (lists.length > 0 && lists.every(([, list]) => Array.isArray(list)))
    return lists.map(([name, editList]) => ({ edits: name, editList }));
  throw wrongOption("evaluate edits", {
    expected: "names with a list of edits each",
    got: edits,
    fix: 'Write { whole: [], "without 5.0": [heads({ layer: 5, head: 0 }).mask()] }.',
  });
}

function thinkingRules(
  thinking: EvaluateOptions["thinking"],
): Pick<Arm, "thinking" | "thinkingRule">[] {
  if (thinking === undefined) return [{ thinking: null, thinkingRule: undefined }];
  if (!Array.isArray(thinking)) return [{ thinking: null, thinkingRule: thinking as ThinkingArm }];
  const rules = thinking as readonly ThinkingArm[];
  const arms = rules.map((rule) => ({ thinking: ruleName(rule), thinkingRule: rule }));
  const names = arms.map((arm) => arm.thinking);
  if (names.length > 0 && new Set(names).size === names.length) return arms;
  throw wrongOption("evaluate thinking", {
    expected: "a list of different rules",
    got: names,
    fix: "Write [{ budget: 0 }, { budget: 32 }, true].",
  });
}

/** "budget 8" where that is all, "free" where there is no rule; else as it is written. */
function ruleName(rule: ThinkingArm): string {
  if (typeof rule !== "object" || rule === null) return String(rule);
  const names = Object.keys(rule);
  if (names.length === 0) return "free";
  if (names.length === 1 && rule.budget !== undefined) return `budget ${rule.budget}`;
  return JSON.stringify(rule, (_, value) => (typeof value === "function" ? String(value) : value));
}
