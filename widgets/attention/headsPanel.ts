import { element } from "../render/element.ts";
import type { SelectionState } from "../render/selection.ts";
import type { Theme } from "../render/theme.ts";
import { arrangeHeads, type HeadGroup, UNSORTED } from "./arrangeHeads.ts";
import { type HeadRow, headRows, selectedBy } from "./headRows.ts";
import { createHeadsTable } from "./headsTable.ts";
import type { HeadPlace, Looking, Over } from "./looking.ts";
import type { MetricLoader } from "./metricLoader.ts";
import { createOverview, type Overview, type OverviewOptions } from "./overview.ts";
import { whenChanged } from "./whenChanged.ts";

interface HeadsPanelOptions extends Omit<OverviewOptions, "onPoint"> {
  readonly headsByLayer: readonly number[];
  readonly metrics: MetricLoader;
  readonly nRuns: number;
  readonly set: (changes: Partial<Looking>) => void;
  readonly onPoint: (selection: { readonly layer?: number; readonly head?: number } | null) => void;
  readonly onLeave: () => void;
}

export interface HeadsPanel {
  readonly element: HTMLElement;
  readonly overview: Overview;
  draw(looking: Looking, state: SelectionState, theme: Theme): void;
  /** Where the keyboard goes when a map is closed. */
  focus(looking: Looking): void;
}

/** All heads: maps or coloured cells on a canvas, or a table of what they do. */
export function createHeadsPanel(options: HeadsPanelOptions): HeadsPanel {
  const { headsByLayer, metrics, nRuns, signal, set, onPoint, onOpen } = options;
  const overview = createOverview({
    ...options,
    onPoint: (place) => onPoint(place && { ...place }),
  });
  let over: Over = "head";
  const table = createHeadsTable({
    ...{ signal, onOpen, onLeave: options.onLeave },
    onSort: (change) => set({ ...change, ...(change.sort !== "layer" && { metric: change.sort }) }),
    onPoint: (row) => onPoint(row && selectedBy(row.place, over)),
  });
  const [isNew, isNewOrder] = [whenChanged(), whenChanged()];
  let rows: readonly HeadRow[] = [];
  let groups: readonly HeadGroup[] = [];
  return {
    element: element("div", { class: "vt-heads" }, overview.element, table.element),
    overview,
    focus: ({ headsAs, place }) =>
      headsAs === "table" ? table.focus(place) : overview.canvas.focus({ preventScroll: true }),
    draw(looking, { hovered, pinned }, theme) {
      if (looking.headsAs !== "maps") metrics.start();
      const isTable = looking.headsAs === "table";
      overview.element.hidden = isTable;
      table.element.hidden = !isTable;
      const order = metrics.nKnown > 0 ? looking : { ...looking, ...UNSORTED };
      const lit = hovered ?? pinned;
      const { layer = null, head = null } = lit ?? {};
      const { sort, isAscending, metric, atLeast, group } = order;
      if (isTable) {
        over = looking.over;
        if (isNew(metrics.values, metrics.nKnown, sort, isAscending, metric, atLeast, group, over))
          rows = headRows(headsByLayer, metrics.values, order, over);
        table.draw(rows, order, captionOf(looking, nRuns));
        table.mark((place) => isLitBy(selectedBy(place, over), { layer, head }));
        return;
      }
      const litHead = layer !== null && head !== null ? { layer, head } : null;
      if (isNewOrder(metrics.values, metrics.nKnown, sort, isAscending, metric, atLeast, group))
        groups = arrangeHeads(headsByLayer, metrics.values, order);
      if (overview.element.offsetParent)
        overview.draw(groups, order, theme, overview.element.clientWidth - 6, litHead);
    },
  };
}

/** Whether what a row is of is what is pointed at. */
function isLitBy(
  row: Partial<HeadPlace>,
  lit: { readonly layer: number | null; readonly head: number | null },
): boolean {
  const isOfOne = row.layer !== undefined || row.head !== undefined;
  const agrees = (of: number | undefined, at: number | null): boolean =>
    of === undefined || of === at;
  return isOfOne && agrees(row.layer, lit.layer) && agrees(row.head, lit.head);
}

function captionOf({ metricsOf, over }: Looking, nRuns: number): string {
  const runs = metricsOf === "runs" ? `, then over ${nRuns} runs` : "";
  const heads = over === "head" ? "" : ", then over heads";
  return `What heads do: means over queries${heads}${runs} (recomputed from the kept queries and keys)`;
}
