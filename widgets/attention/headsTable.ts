import { element } from "../render/element.ts";
import { createPager } from "../render/pager.ts";
import { METRIC_LABELS, METRIC_MEANINGS, METRIC_UNITS, METRICS, type Metric } from "./data.ts";
import { type HeadRow, metricOf } from "./headRows.ts";
import type { HeadPlace, Looking } from "./looking.ts";
import { whenChanged } from "./whenChanged.ts";

/** Rows of a page. */
const PAGE = 100;

export interface HeadsTable {
  readonly element: HTMLElement;
  /** @param rows all of them, in order; the same array as before where nothing of them changed */
  draw(rows: readonly HeadRow[], looking: Looking, caption: string): void;
  /** Marks rows that are pointed at in another picture. */
  mark(isLit: (place: HeadPlace) => boolean): void;
  /** Puts the focus on a head's row, else on the first. */
  focus(place: HeadPlace): void;
}

interface HeadsTableOptions {
  readonly signal: AbortSignal;
  readonly onSort: (change: Pick<Looking, "sort" | "isAscending">) => void;
  readonly onPoint: (row: HeadRow | null) => void;
  readonly onOpen: (place: HeadPlace) => void;
  readonly onLeave: () => void;
}

/** Heads as rows with all their metrics: columns sort, a head's name opens its map, up and down move between names. */
export function createHeadsTable(options: HeadsTableOptions): HeadsTable {
  const { signal, onSort, onPoint, onOpen, onLeave } = options;
  const content = element("div", {});
  const pager = createPager({
    titles: ["Heads before these", "Heads behind these"],
    onTurn(by) {
      start += by * PAGE;
      build();
    },
  });
  const host = element("div", { class: "vt-heads-table" }, content, pager.element);
  const isNew = whenChanged();
  let openers: readonly HTMLButtonElement[] = [];
  let shown: readonly HeadRow[] = [];
  let all: readonly HeadRow[] = [];
  let start = 0;
  let last: { readonly looking: Looking; readonly caption: string } | null = null;

  host.addEventListener("pointerleave", () => onPoint(null), { signal });
  host.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Escape") onLeave();
      const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      const at = openers.indexOf(document.activeElement as HTMLButtonElement);
      const next = at < 0 || by === 0 ? undefined : openers[at + by];
      if (next === undefined) return;
      event.preventDefault();
      next.focus();
    },
    { signal },
  );

  function sorter(sort: Looking["sort"], label: string, title: string, looking: Looking) {
    const isSorted = looking.sort === sort;
    const isDown = sort === "layer" ? false : !looking.isAscending;
    const arrow = isSorted ? (isDown ? " ▾" : " ▴") : "";
    const node = element("button", { type: "button", title }, `${label}${arrow}`);
    node.dataset.sort = sort;
    node.addEventListener("click", () => {
      start = 0;
      onSort({ sort, isAscending: isSorted && sort !== "layer" && !looking.isAscending });
    });
    const order = isSorted ? (isDown ? "descending" : "ascending") : "none";
    const style = sort === "layer" ? "" : "vt-number";
    return element("th", { scope: "col", "aria-sort": order, class: style }, node);
  }

  function rowElement(row: HeadRow, largest: Readonly<Record<Metric, number>>): HTMLElement {
    const opener = element("button", { type: "button" }, row.name);
    opener.addEventListener("click", () => onOpen(row.place));
    opener.addEventListener("focus", () => onPoint(row));
    const cells = METRICS.map((metric) => {
      const value = metricOf(row, metric);
      const cell = element("td", { class: "vt-number" }, numberText(value));
      const share = Number.isNaN(value) ? 0 : Math.min(1, value / (largest[metric] || 1));
      cell.style.setProperty("--vt-share", `${(100 * share).toFixed(1)}%`);
      return cell;
    });
    const node = element(
      "tr",
      {},
      element("td", {}, opener),
      element("td", {}, row.kind),
      ...cells,
    );
    node.addEventListener("pointerenter", () => onPoint(row));
    return node;
  }

  function build(): void {
    if (last === null) return;
    const { looking, caption } = last;
    const focused = document.activeElement as HTMLElement | null;
    const sorted = host.contains(focused) ? focused?.dataset.sort : undefined;
    const opened = openers.indexOf(focused as HTMLButtonElement);
    const place = shown[opened]?.place;
    start = Math.min(start, Math.max(0, Math.floor((all.length - 1) / PAGE) * PAGE));
    shown = all.slice(start, start + PAGE);
    const largest = largestOf(all);
    const rows = shown.map((row) => rowElement(row, largest));
    openers = rows.map((row) => row.querySelector("button") as HTMLButtonElement);
    const table = element(
      "table",
      { class: "vt-table" },
      element("caption", {}, caption),
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          sorter("layer", "head", "in the order of the model", looking),
          element("th", { scope: "col" }, "kind"),
          ...METRICS.map((metric) =>
            sorter(metric, METRIC_LABELS[metric], METRIC_MEANINGS[metric], looking),
          ),
        ),
      ),
      element("tbody", {}, ...rows),
    );
    const scroll = { class: "vt-table-scroll", tabindex: 0, role: "region" };
    content.replaceChildren(
      element("div", { ...scroll, "aria-label": caption }, table),
      ...(all.length === 0
        ? [element("p", { class: "vt-note" }, "No head has that much of it.")]
        : []),
    );
    const end = start + shown.length;
    const where = all.length > PAGE ? `rows ${start + 1} to ${end} of ${all.length}` : null;
    pager.draw(where, { isFirst: start === 0, isLast: end === all.length });
    if (sorted !== undefined)
      host.querySelector<HTMLElement>(`button[data-sort="${sorted}"]`)?.focus();
    else if (place !== undefined) focus(place);
  }

  function focus({ layer, head }: HeadPlace): void {
    const at = shown.findIndex(({ place }) => place.layer === layer && place.head === head);
    (openers[at] ?? openers[0])?.focus({ preventScroll: at < 0 });
  }

  return {
    element: host,
    focus,
    draw(rows, looking, caption) {
      if (!isNew(rows, caption)) return;
      all = rows;
      last = { looking, caption };
      build();
    },
    mark(isLit) {
      openers.forEach((opener, i) => {
        const { place } = shown[i] as HeadRow;
        opener.closest("tr")?.classList.toggle("vt-lit-row", isLit(place));
      });
    },
  };
}

/** What a full bar stands for: 1, of what is no weight the largest. */
function largestOf(rows: readonly HeadRow[]): Readonly<Record<Metric, number>> {
  const largest = (metric: Metric): number =>
    METRIC_UNITS[metric] === undefined
      ? 1
      : rows.reduce((most, row) => Math.max(most, metricOf(row, metric) || 0), 0);
  return Object.fromEntries(METRICS.map((metric) => [metric, largest(metric)])) as Record<
    Metric,
    number
  >;
}

const numberText = (value: number): string => (Number.isNaN(value) ? "–" : value.toPrecision(4));
