import type { RooflineRecord } from "../../engine/trace/schema.ts";
import type { CostTotals } from "./data.ts";

/** Which token of the run is pointed at or pinned, here and in the run's other pictures. */
interface TokenChoice {
  readonly lit: () => number | null;
  readonly pinned: () => number | null;
  readonly hover: (token: number | null) => void;
  readonly pin: (token: number) => void;
  readonly clear: () => void;
}

/** What the pictures of where a run's cost goes are made from. */
export interface PanelContext {
  readonly totals: CostTotals;
  /** (T, classes, 4) f64 */
  readonly byClass: Float64Array;
  readonly tokenTexts: readonly string[];
  readonly nTokens: number;
  /** The first token that was decoded; T where none was. */
  readonly firstDecoded: number;
  readonly contextLength: number;
  readonly roofline: RooflineRecord | null;
  readonly tokens: TokenChoice;
  readonly signal: AbortSignal;
  readonly announce: (text: string) => void;
}

/** One of these pictures. */
export interface Panel {
  readonly element: HTMLElement;
  /** Draws it anew: the chosen token, the width or the theme may be others. */
  draw(): void;
}
