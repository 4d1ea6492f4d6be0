import { element } from "../render/element.ts";
import { signedText } from "./data.ts";
import { barOf, type Extent, shareOf } from "./extent.ts";
import type { BarRow } from "./rows.ts";

interface BarListOptions {
  readonly signal: AbortSignal;
  readonly onPoint: (row: BarRow | null, byKey: boolean) => void;
  readonly onPin: (row: BarRow) => void;
  readonly onToggle: (row: BarRow, opens: boolean) => void;
  readonly onClear: () => void;
}

interface Marks {
  /** Id of the row that keys and the readout are at. */
  readonly chosen: string;
  readonly isLit: (row: BarRow) => boolean;
  readonly isPinned: (row: BarRow) => boolean;
}

export interface BarList {
  readonly element: HTMLElement;
  draw(rows: readonly BarRow[], extent: Extent): void;
  mark(marks: Marks): void;
}

/** Rows of bars, as a tree: arrows move, right and left open and close, Enter pins, Escape lets go. */
export function createBarList(options: BarListOptions): BarList {
  const { signal, onPoint, onPin, onToggle, onClear } = options;
  const prefix = `vt-bar-${Math.random().toString(36).slice(2)}`;
  const host = element("div", {
    ...{ class: "vt-bars", role: "tree", tabindex: 0 },
    "aria-label":
      "Parts of the sum. Up and down move, right and left open and close, Enter pins, Escape lets go.",
  });
  let rows: readonly BarRow[] = [];
  let nodes: HTMLElement[] = [];
  let chosen = 0;

  const rowOf = (event: Event): number | null => {
    const node = event.target instanceof Element ? event.target.closest("[data-row]") : null;
    return node instanceof HTMLElement ? Number(node.dataset.row) : null;
  };
  const on = <K extends keyof HTMLElementEventMap>(
    type: K,
    listener: (event: HTMLElementEventMap[K]) => void,
  ): void => host.addEventListener(type, listener, { signal });
  on("pointerover", (event) => {
    const at = rowOf(event);
    if (at !== null) onPoint(rows[at] ?? null, false);
  });
  on("pointerleave", () => onPoint(null, false));
  on("click", (event) => {
    const row = rows[rowOf(event) ?? -1];
    if (row === undefined) return;
    const isTwist = event.target instanceof Element && event.target.closest(".vt-twist") !== null;
    if (isTwist && row.isOpen !== null) onToggle(row, !row.isOpen);
    else onPin(row);
  });
  on("keydown", (event) => {
    const row = rows[chosen];
    const to = moved(event.key, row);
    if (to !== null) {
      chosen = to; // the next key may come before the picture is drawn
      const next = rows[to];
      if (next) onPoint(next, true);
    } else if (row && event.key === "ArrowRight" && row.isOpen === false) onToggle(row, true);
    else if (row && event.key === "ArrowLeft" && row.isOpen === true) onToggle(row, false);
    else if (row && event.key === "Enter") onPin(row);
    else if (event.key === "Escape") onClear();
    else return;
    event.preventDefault();
  });

  /** Where a key leads; null for keys that lead nowhere. */
  function moved(key: string, row: BarRow | undefined): number | null {
    const last = rows.length - 1;
    if (key === "ArrowUp") return Math.max(0, chosen - 1);
    if (key === "ArrowDown") return Math.min(last, chosen + 1);
    if (key === "Home") return 0;
    if (key === "End") return last;
    if (key === "ArrowRight" && row?.isOpen === true) return Math.min(last, chosen + 1);
    if (key !== "ArrowLeft" || row === undefined || row.isOpen === true) return null;
    const parent = rows.findLastIndex(({ level }, i) => i < chosen && level < row.level);
    return parent < 0 ? null : parent;
  }

  function rowElement(row: BarRow, at: number, extent: Extent): HTMLElement {
    const { label, level, value, running, isOpen, kind } = row;
    const isNote = kind === "note";
    const twist = isOpen === null ? "" : isOpen ? "▾" : "▸";
    const name = element(
      "span",
      { class: "vt-bar-name" },
      element("span", { class: "vt-twist", "aria-hidden": "true" }, twist),
      label,
    );
    name.style.paddingLeft = `${(level - 1) * 14}px`;
    return element(
      "div",
      {
        ...{ class: `vt-bar-row vt-bar-${kind}`, role: "treeitem", id: `${prefix}-${at}` },
        ...{ "data-row": at, "aria-level": level },
        ...(isOpen === null ? {} : { "aria-expanded": String(isOpen) }),
      },
      name,
      isNote ? element("span", {}) : track(value, running, extent),
      element(
        "span",
        { class: "vt-bar-value", title: String(value) },
        isNote ? "" : signedText(value),
      ),
      running === null
        ? null
        : element("span", { class: "vt-bar-running", title: String(running) }, signedText(running)),
    );
  }

  return {
    element: host,
    draw(given, extent) {
      rows = given;
      host.classList.toggle(
        "vt-has-sums",
        rows.some(({ running }) => running !== null),
      );
      nodes = rows.map((row, at) => rowElement(row, at, extent));
      host.replaceChildren(...nodes);
    },
    mark({ chosen: id, isLit, isPinned }) {
      chosen = Math.max(
        0,
        rows.findIndex((row) => row.id === id),
      );
      nodes.forEach((node, at) => {
        const row = rows[at];
        if (row === undefined) return;
        node.classList.toggle("vt-lit", isLit(row));
        node.classList.toggle("vt-pinned", isPinned(row));
        node.classList.toggle("vt-chosen", at === chosen);
        node.setAttribute("aria-selected", String(at === chosen));
      });
      if (nodes[chosen]) host.setAttribute("aria-activedescendant", `${prefix}-${chosen}`);
      if (host.matches(":focus")) scrollInto(host, nodes[chosen]);
    },
  };
}

/** A bar from 0, with a mark where the running sum is. */
function track(value: number, running: number | null, extent: Extent): HTMLElement {
  const part = (style: string, left: number, width?: number): HTMLElement => {
    const node = element("span", { class: style });
    node.style.left = `${100 * left}%`;
    if (width !== undefined) node.style.width = `${100 * width}%`;
    return node;
  };
  const { start, length } = barOf(value, extent);
  return element(
    "span",
    { class: "vt-bar-track", "aria-hidden": "true" },
    part("vt-bar-zero", shareOf(0, extent)),
    part(value < 0 ? "vt-bar-fill vt-minus" : "vt-bar-fill vt-plus", start, length),
    running === null ? null : part("vt-bar-sum", shareOf(running, extent)),
  );
}

/** Scrolls the list alone, never the page. */
function scrollInto(host: HTMLElement, node: HTMLElement | undefined): void {
  if (node === undefined) return;
  const top = node.offsetTop;
  if (top < host.scrollTop) host.scrollTop = top;
  else if (top + node.offsetHeight > host.scrollTop + host.clientHeight)
    host.scrollTop = top + node.offsetHeight - host.clientHeight;
}
