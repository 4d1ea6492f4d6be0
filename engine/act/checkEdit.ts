import { checkOptions } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import type { EditRequest, ExpertsEdit, HeadsEdit } from "./edit.ts";
import { FIELDS, PLAIN_KINDS } from "./editFields.ts";
import {
  isBias,
  isDictionary,
  isDirection,
  isEditValue,
  isIndex,
  isIndexList,
  isReader,
  isReaders,
  isUnit,
  show,
} from "./editFieldValues.ts";

/**
 * Checks an edit by itself, whatever the model.
 * @param what names the edit in messages: "edits[2]"
 * @throws InputError ERR_EDIT, ERR_OPTION
 */
export function checkEdit(what: string, edit: EditRequest): void {
  const kind: unknown = (edit as { kind?: unknown } | null)?.kind;
  const fields = Object.hasOwn(FIELDS, String(kind)) ? FIELDS[kind as keyof typeof FIELDS] : null;
  if (fields === null) {
    const [near] = nearest(String(kind), Object.keys(FIELDS), 1);
    throw editError(
      what,
      `a kind of edit (${PLAIN_KINDS.join(", ")})`,
      show(kind),
      `Did you mean ${near}?`,
    );
  }
  checkOptions(what, edit, fields);
  const checks = new EditChecks(what, edit as unknown as Readonly<Record<string, unknown>>);
  if ("position" in fields) checks.position();
  checks.when("after", edit, (value) => value === true, "true, or nothing");
  if ("site" in fields) {
    checks.required(
      "site",
      (value) => typeof value === "string" && value !== "",
      "the name of a site",
    );
    checks.when("head", edit, isIndex, "the number of a head, from 0");
  }
  switch (edit.kind) {
    case "scale":
      checks.required("factor", Number.isFinite, "a finite number");
      break;
    case "add":
    case "replace":
    case "mean":
    case "patch":
    case "project":
      checks.required("value", isEditValue, VALUE);
      break;
    case "steer":
    case "steerOverRuns":
      checks.required("value", isDirection, "numbers of a row, or a Tensor, all of them finite");
      checks.required("strength", Number.isFinite, "a finite number");
      if (edit.kind === "steer") checks.when("unit", edit, isUnit, "a finite number above 0");
      else checks.required("over", isReaders, "a list of runs");
      break;
    case "features":
      checks.required("dictionary", isDictionary, "a dictionary of loadDictionary");
      checks.when("set", edit, isBias, "an object of finite numbers by feature");
      checks.when("scale", edit, isBias, "an object of finite numbers by feature");
      checks.some(["set", "scale"]);
      break;
    case "experts":
      checkExperts(checks, edit);
      break;
    case "heads":
      checkHeads(checks, edit);
      break;
    case "shiftPositions":
      checks.required("by", (by) => isIndex(by) && by !== 0, "a whole number from 1");
      break;
    case "patchFromRun":
      checks.required("run", isReader, "a run");
      checks.when("from", edit, isIndexList, "a list of positions");
      checks.when("to", edit, isIndexList, "a list of positions");
      break;
    case "change":
      checks.required("change", (by) => typeof by === "function", "a function of the numbers");
      break;
    case "meanOverRuns":
      checks.required("over", isReaders, "a list of runs");
  }
}

const VALUE = "a number, numbers of a row, or a Tensor, none of them NaN";

function checkExperts(checks: EditChecks, edit: ExpertsEdit): void {
  checks.required("layer", isIndex, "the number of a layer, from 0");
  const isIds = (ids: unknown) => isIndexList(ids) && ids.length > 0;
  checks.when("force", edit, isIds, "a list of expert ids");
  checks.when("forbid", edit, isIds, "a list of expert ids");
  checks.when("bias", edit, isBias, "an object of finite numbers by expert id");
  checks.when("count", edit, (count) => isIndex(count) && count >= 1, "a whole number from 1");
  checks.when("weights", edit, (how) => how === "uniform", '"uniform"');
  checks.some(["force", "forbid", "bias", "count", "weights"]);
}

function checkHeads(checks: EditChecks, edit: HeadsEdit): void {
  checks.required("layer", isIndex, "the number of a layer, from 0");
  checks.required("head", isIndex, "the number of a head, from 0");
  checks.when("mask", edit, (mask) => mask === true, "true, or nothing");
  checks.when(
    "edge",
    edit,
    (edge) => isIndexList(edge) && edge.length === 2 && (edge[1] ?? 0) <= (edge[0] ?? 0),
    "[query, key], the key at the query's position or before",
  );
  checks.when(
    "temperature",
    edit,
    (t) => Number.isFinite(t) && (t as number) > 0,
    "a number above 0",
  );
  checks.when(
    "pattern",
    edit,
    (pattern) => typeof pattern !== "number" && isEditValue(pattern),
    "rows of numbers, or a Tensor, none of them NaN",
  );
  checks.some(["mask", "edge", "temperature", "pattern"]);
  if (edit.position !== undefined && (edit.edge !== undefined || edit.temperature !== undefined))
    throw checks.error(
      "a position beside mask or pattern alone",
      show(edit.position),
      "An edge names its query; a temperature holds at all positions.",
    );
}

class EditChecks {
  readonly #what: string;
  readonly #edit: Readonly<Record<string, unknown>>;

  constructor(what: string, edit: Readonly<Record<string, unknown>>) {
    this.#what = `${what} (${String(edit.kind)})`;
    this.#edit = edit;
  }

  error(expected: string, got: string, fix: string): InputError {
    return editError(this.#what, expected, got, fix);
  }

  required(name: string, holds: (value: unknown) => boolean, contract: string): void {
    if (!holds(this.#edit[name]))
      throw this.error(`${contract} as ${name}`, show(this.#edit[name]), "Correct the edit.");
  }

  when(name: string, edit: object, holds: (value: unknown) => boolean, contract: string): void {
    if ((edit as Readonly<Record<string, unknown>>)[name] !== undefined)
      this.required(name, holds, contract);
  }

  position(): void {
    const { position } = this.#edit;
    if (position === undefined || position === "generated" || Number.isInteger(position)) return;
    const isRange =
      isIndexList(position) && position.length === 2 && (position[0] ?? 0) < (position[1] ?? 0);
    if (!isRange)
      throw this.error(
        'a position, [from, to) or "generated" as position',
        show(position),
        "Correct the edit.",
      );
  }

  /** Says what the edit does. */
  some(names: readonly string[]): void {
    if (names.every((name) => this.#edit[name] === undefined))
      throw this.error(
        `one of ${names.join(", ")}`,
        "none",
        "Say what to do, or leave the edit out.",
      );
  }
}

/** `what: expected <contract>, got <value>. <fix>` */
export function editError(what: string, expected: string, got: string, fix: string): InputError {
  return new InputError("ERR_EDIT", `${what}: expected ${expected}, got ${got}. ${fix}`);
}
