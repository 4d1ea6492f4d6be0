import { element } from "../render/element.ts";
import { createPager } from "../render/pager.ts";
import { changeText } from "./data.ts";
import {
  PAGE_ROWS,
  type SampleRow,
  type SamplesPage,
  type SamplesQuery,
  type Sort,
} from "./query.ts";

export interface RowsTableOptions {
  readonly caption: string;
  readonly hasArms: boolean;
  readonly hasEpochs: boolean;
  readonly onOpen: (row: SampleRow) => void;
  /** Another order, or another page. */
  readonly onQuery: (change: Partial<SamplesQuery>) => void;
}

export interface RowsTable {
  readonly element: HTMLElement;
  draw(page: SamplesPage, query: SamplesQuery, opened: number | null): void;
  /** Marks the row that is open. */
  mark(opened: number | null): void;
  /** Puts the focus on a row, where it is on the page. */
  focus(row: number): void;
}

const HEADS: readonly {
  readonly sort: Sort;
  readonly label: string;
  readonly isNumber: boolean;
}[] = [
  { sort: "sample", label: "sample", isNumber: false },
  { sort: "outcome", label: "outcome", isNumber: false },
  { sort: "answer", label: "answer", isNumber: false },
  { sort: "target", label: "target", isNumber: false },
  { sort: "tokens", label: "tokens", isNumber: true },
];

/** A page of samples: heads sort, a sample's name opens it, up and down move between names. */
export function createRowsTable(options: RowsTableOptions): RowsTable {
  const content = element("div", {});
  let shown = { start: 0, end: 0 };
  const pager = createPager({
    titles: ["Samples before these", "Samples behind these"],
    onTurn: (by) =>
      options.onQuery({ start: by > 0 ? shown.end : Math.max(0, shown.start - PAGE_ROWS) }),
  });
  const host = element("div", {}, content, pager.element);
  const openers = new Map<number, HTMLButtonElement>();

  const head = ({ sort, label, isNumber }: (typeof HEADS)[number], query: SamplesQuery) => {
    const isSorted = query.sort === sort;
    const arrow = isSorted ? (query.descending ? " ▾" : " ▴") : "";
    const sorter = element("button", { type: "button" }, `${label}${arrow}`);
    sorter.dataset.sort = sort;
    sorter.addEventListener("click", () =>
      options.onQuery({ ...nextOrder(query, sort), start: 0 }),
    );
    const order = isSorted ? (query.descending ? "descending" : "ascending") : "none";
    return element(
      "th",
      { scope: "col", "aria-sort": order, class: isNumber ? "vt-number" : "" },
      sorter,
    );
  };

  function bodyRow(row: SampleRow): HTMLElement {
    const opener = element("button", { type: "button", "aria-expanded": "false" }, row.sample);
    opener.addEventListener("click", () => options.onOpen(row));
    openers.set(row.row, opener);
    const isRight = row.outcome === "right";
    return element(
      "tr",
      {},
      element("td", {}, opener),
      element("td", { class: isRight ? "" : "vt-not-right" }, changeText(row)),
      element("td", {}, row.answer),
      element("td", {}, row.target),
      element("td", { class: "vt-number" }, String(row.tokens)),
      options.hasArms ? element("td", {}, row.arm) : null,
      options.hasEpochs ? element("td", { class: "vt-number" }, String(row.epoch)) : null,
      element("td", {}, row.prompt),
    );
  }

  function drawPager({ total, rows }: SamplesPage, { start }: SamplesQuery): void {
    const end = start + rows.length;
    shown = { start, end };
    const where = total === 0 ? "no samples" : `samples ${start + 1} to ${end} of ${total}`;
    pager.draw(where, { isFirst: start === 0, isLast: end >= total });
  }

  const mark = (opened: number | null): void => {
    for (const [row, opener] of openers) {
      opener.setAttribute("aria-expanded", String(row === opened));
      opener.closest("tr")?.classList.toggle("vt-open", row === opened);
    }
  };

  host.addEventListener("keydown", (event) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const all = [...openers.values()];
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const next = at < 0 || by === 0 ? undefined : all[at + by];
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
  });

  return {
    element: host,
    mark,
    focus: (row) => openers.get(row)?.focus(),
    draw(page, query, opened) {
      const sorted = (document.activeElement as HTMLElement | null)?.dataset.sort;
      openers.clear();
      const plain = (label: string, isNumber = false) =>
        element("th", { scope: "col", class: isNumber ? "vt-number" : "" }, label);
      const table = element(
        "table",
        { class: "vt-table vt-samples-rows" },
        element("caption", {}, options.caption),
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            ...HEADS.map((each) => head(each, query)),
            options.hasArms ? plain("arm") : null,
            options.hasEpochs ? plain("epoch", true) : null,
            plain("prompt"),
          ),
        ),
        element("tbody", {}, ...page.rows.map(bodyRow)),
      );
      const scroll = { class: "vt-table-scroll", tabindex: 0, role: "region" };
      content.replaceChildren(element("div", { ...scroll, "aria-label": options.caption }, table));
      drawPager(page, query);
      mark(opened);
      if (sorted !== undefined)
        host.querySelector<HTMLElement>(`button[data-sort="${sorted}"]`)?.focus();
    },
  };
}

/** A head sorts up, then down, then no more. */
function nextOrder(
  { sort: sorted, descending }: SamplesQuery,
  sort: Sort,
): Pick<SamplesQuery, "sort" | "descending"> {
  if (sorted !== sort) return { sort, descending: false };
  return descending ? { sort: "order", descending: false } : { sort, descending: true };
}
