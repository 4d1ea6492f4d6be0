/** Degrees that labels rise by where they are turned. */
export const TURNED_BY = 50;
/** Turned lines of text stand this far apart, or are cut short. */
const LEAST_TURNED_CELL = 12;
/** Room for labels that lie, and for the title over them. */
const LYING_TOP = 34;
const TITLE = 22;
const GAP = 6;
const RIGHT = 10;
const LARGEST_CELL = 40;

export interface LabelLayout {
  readonly isTurned: boolean;
  /** Pixels over the cells, and right of them. */
  readonly top: number;
  readonly right: number;
  readonly cellWidth: number;
}

/**
 * How a map's column labels stand: texts of tokens that are wider than their cells are turned, so that each is there.
 * @param widths (columns) pixels that the labels take
 * @param room pixels of the cells with what is right of them
 */
export function labelLayout(options: {
  readonly widths: readonly number[];
  readonly areTexts: boolean;
  readonly room: number;
}): LabelLayout {
  const { widths, areTexts, room } = options;
  const cellWidthBeside = (right: number): number =>
    Math.max(1, Math.min(LARGEST_CELL, (room - right) / Math.max(1, widths.length)));
  const lying = {
    isTurned: false,
    top: LYING_TOP,
    right: RIGHT,
    cellWidth: cellWidthBeside(RIGHT),
  };
  const widest = Math.max(0, ...widths);
  if (!areTexts || widest + GAP <= lying.cellWidth) return lying;
  const angle = (TURNED_BY / 180) * Math.PI;
  // What of each label ends behind the last cell; cells are no narrower than this.
  const ends = widths.map(
    (width, i) => width * Math.cos(angle) - (widths.length - i - 0.5) * LEAST_TURNED_CELL,
  );
  const right = RIGHT + Math.max(0, ...ends);
  const cellWidth = cellWidthBeside(right);
  if (cellWidth < LEAST_TURNED_CELL) return lying;
  return { isTurned: true, top: TITLE + widest * Math.sin(angle) + 2 * GAP, right, cellWidth };
}

/** Of labels that lie those that do not touch: the first wanted ones before the others. */
export function labelsApart(
  wanted: readonly number[],
  centreOf: (column: number) => number,
  widthOf: (column: number) => number,
): readonly number[] {
  const shown: number[] = [];
  for (const column of wanted) {
    const isFree = shown.every(
      (other) =>
        Math.abs(centreOf(column) - centreOf(other)) >=
        (widthOf(column) + widthOf(other)) / 2 + GAP,
    );
    if (isFree) shown.push(column);
  }
  return shown;
}
