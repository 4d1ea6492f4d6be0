export interface MapCell {
  readonly row: number;
  readonly column: number;
}

/** What is drawn over a cell: the next best expert, one that the bias brought or cost, one that another text has. */
export interface CellMark extends MapCell {
  readonly kind: "next" | "gained" | "lost" | "other";
}

export interface CellMapDrawing {
  readonly nRows: number;
  readonly nColumns: number;
  /** (rows, columns) -1 to 1, `NOTHING` or `LEFT_OUT`. */
  readonly strengths: Float32Array;
  readonly isSigned: boolean;
  readonly rowLabel: (row: number) => string;
  readonly columnLabel: (column: number) => string;
  /** Labels of columns are texts of tokens, which are turned where they are wider than a cell; else numbers. */
  readonly areColumnsTexts?: boolean;
  readonly rowTitle: string;
  readonly columnTitle: string;
  /** Where the reader is. */
  readonly cell: MapCell;
  readonly pinned: MapCell | null;
  readonly marks: readonly CellMark[];
  /** Columns that belong together are parted by lines; 0: none are. */
  readonly columnsPerGroup: number;
}

/** Where the cells of a map lie, in CSS pixels. */
export interface MapGeometry {
  readonly left: number;
  readonly top: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  /** The labels of columns rise. */
  readonly isTurned: boolean;
}
