import type { NamedShape, OperatorSource, StopSource } from "./stepperSource.ts";

/** An operator as the picture of the model draws it. */
export interface OperatorMark {
  readonly kind: string;
  readonly layer: number | null;
  readonly sites: readonly string[];
}

interface StepperTab {
  readonly name: string;
  readonly isOver: boolean;
  /** Whether the picture made it, so that it may close it. */
  readonly isOwn: boolean;
}

/** A place that was visited. */
export interface Visit {
  readonly start: number;
  readonly executed: number;
  readonly label: string;
}

/** A number that was written in the picture, by its place in the site's value. */
export interface EditedCell {
  readonly site: string;
  readonly position: number;
  readonly slice: number;
  readonly column: number;
}

export interface BreakpointRow {
  readonly id: number;
  readonly text: string;
}

export interface Likeliest {
  readonly text: string;
  readonly probability: number;
}

/** One stepper as it stands. */
export interface Snapshot {
  /** Counts what changed: values that were read for another number are old. */
  readonly version: number;
  readonly start: number;
  readonly end: number;
  readonly executed: number;
  readonly of: number;
  readonly last: OperatorSource | null;
  readonly next: OperatorSource | null;
  readonly isOver: boolean;
  /** How the last move ended, in a sentence. */
  readonly stop: string;
  readonly isFailure: boolean;
  /** The site that a breakpoint was met at. */
  readonly stopSite: string | null;
  readonly likeliest: Likeliest | null;
  readonly visits: readonly Visit[];
  readonly breakpoints: readonly BreakpointRow[];
  readonly edits: readonly string[];
  readonly cells: readonly EditedCell[];
}

/** Synced with the page: small. Numbers are asked for. */
export interface StepperState {
  readonly operators: readonly OperatorMark[];
  readonly tokenTexts: readonly string[];
  readonly tabs: readonly StepperTab[];
  readonly shown: number;
  readonly snapshot: Snapshot;
}

/** "after attention of layer 3" */
export function placeName(last: Pick<OperatorSource, "kind" | "layer"> | null): string {
  if (last === null) return "before the first operator";
  return `after ${last.kind}${last.layer === null ? "" : ` of layer ${last.layer}`}`;
}

/** "layer 3: attn.hook_q", what was written last */
export function visitName(last: OperatorSource | null): string {
  if (last === null) return "beginning";
  const written = withoutLayer(last.writes[0]?.name ?? last.kind);
  return last.layer === null ? written : `layer ${last.layer}: ${written}`;
}

/** How a move ended, in a sentence; "" where it only moved. */
export function stopSentence(stop: StopSource): string {
  const { reason, breakpoint, site, token, error } = stop;
  const where =
    (site === undefined ? "" : ` at ${site}`) +
    (token === undefined ? "" : `, token ${token.index} ${JSON.stringify(token.text)}`);
  if (reason === "breakpoint") return `Stopped by breakpoint ${breakpoint}${where}.`;
  if (reason === "end") return "At the end of the tokens that there are.";
  if (reason === "condition failed")
    return `The condition failed${where}: ${error instanceof Error ? error.message : String(error)}`;
  return "";
}

/** "site blocks.3.*, operator route, layer 3, token " key", when value.data[0] > 1" */
export function breakpointText(options: {
  readonly site?: string;
  readonly operator?: string;
  readonly layer?: number;
  readonly token?: string | number;
  readonly when?: string;
}): string {
  const { site, operator, layer, token, when } = options;
  return [
    site === undefined ? null : `site ${site}`,
    operator === undefined ? null : `operator ${operator}`,
    layer === undefined ? null : `layer ${layer}`,
    token === undefined ? null : `token ${JSON.stringify(token)}`,
    when === undefined ? null : `when ${when}`,
  ]
    .filter((part) => part !== null)
    .join(", ");
}

/** "replace blocks.3.hook_resid_mid at 4" */
export function editText(edit: object): string {
  const { kind, site, layer, position, head } = edit as Readonly<Record<string, unknown>>;
  const at = Array.isArray(position)
    ? ` at ${position[1] - position[0] === 1 ? position[0] : `${position[0]} to ${position[1] - 1}`}`
    : position === undefined
      ? ""
      : ` at ${String(position)}`;
  const of = site ?? (layer === undefined ? "" : `of layer ${String(layer)}`);
  return `${String(kind)} ${String(of)}${head === undefined ? "" : `, head ${String(head)}`}${at}`;
}

/** "hook_q (9, 4, 48)" */
export const shapeText = ({ name, shape }: NamedShape): string => `${name} (${shape.join(", ")})`;

/** The name without what every value of its layer begins with. */
export const withoutLayer = (name: string): string => name.replace(/^blocks\.\d+\./, "");

/** The site that was made last; null before the first. */
export function newestSite(operators: readonly OperatorMark[], executed: number): string | null {
  for (let i = executed - 1; i >= 0; i--) {
    const site = operators[i]?.sites[0];
    if (site !== undefined) return site;
  }
  return null;
}

/** Before the first look at the stepper, which takes a moment. */
export const UNREAD: StepperState = {
  operators: [],
  tokenTexts: [],
  tabs: [],
  shown: 0,
  snapshot: {
    ...{ version: 0, start: 0, end: 0, executed: 0, of: 0, last: null, next: null, isOver: false },
    ...{ stop: "", isFailure: false, stopSite: null, likeliest: null },
    ...{ visits: [], breakpoints: [], edits: [], cells: [] },
  },
};
