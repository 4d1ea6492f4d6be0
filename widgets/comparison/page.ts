import type { Shell } from "../render/shell.ts";
import type { AlignedColumn } from "../routing/comparedRoutes.ts";
import type { ScaleName } from "../routing/strengths.ts";
import type { ComparisonState, PairInfo, Side } from "./data.ts";
import type { PairStore } from "./pairStore.ts";

export interface HeadPlace {
  readonly layer: number;
  readonly head: number;
}

/** What is looked at; the last of each that was pointed at stays. */
export interface ComparisonPlace {
  /** Among the aligned tokens. */
  readonly column: number;
  readonly layer: number;
  readonly head: number;
  readonly expert: number;
  /** Among the parts that cost something. */
  readonly part: number;
}

/** What all tabs of the picture share. */
export interface ComparisonPage {
  readonly shell: Shell;
  readonly state: ComparisonState;
  readonly store: PairStore;
  readonly columns: readonly AlignedColumn[];
  readonly place: ComparisonPlace;
  /** Whether the reader has been at a head, or another picture of the runs has: until then the picture chooses one. */
  readonly isHeadChosen: boolean;
  readonly isLayerChosen: boolean;
  /** Null where nothing is pinned; parts of it, where nothing was said of them. */
  readonly pinned: { readonly [Part in keyof ComparisonPlace]: number | null } | null;
  /** Whether the reader points at a token in a picture of either run. */
  readonly isLit: boolean;
  /** What is drawn. */
  readonly info: PairInfo;
  readonly side: Side;
  readonly scale: ScaleName;
  /** Tells all pictures of both runs where the reader points; null: nowhere. */
  point(place: Partial<ComparisonPlace> | null): void;
  pin(place: Partial<ComparisonPlace>): void;
  /** Goes to a head of this picture's own choice, which other pictures are not told of. */
  openHead(place: HeadPlace): void;
  clear(): void;
}

export interface ComparisonTab {
  readonly element: HTMLElement;
  readonly help: string;
  /** Called while it is the one that is shown. */
  draw(): void;
}
