import type { AfmView, RenderContext } from "../render/afm.ts";
import { askedOnRest } from "../render/askedOnRest.ts";
import { askKernel } from "../render/askKernel.ts";
import { dropdown, segmented } from "../render/controls.ts";
import { dataTable } from "../render/dataTable.ts";
import { divergingScale } from "../render/diverging.ts";
import { element } from "../render/element.ts";
import { litToken, type SelectionState, selectionBus } from "../render/selection.ts";
import { createShell } from "../render/shell.ts";
import { createBarList } from "./barList.ts";
import { headRow, partName, readState, signedText, summaryText } from "./data.ts";
import { extentOf } from "./extent.ts";
import { createReadout } from "./readout.ts";
import { type BarRow, rowsBySize, rowsOfTree } from "./rows.ts";
import { createSourceText, type ShownSources } from "./sourceText.ts";
import { STYLES } from "./styles.ts";
import { partColumns } from "./tables.ts";

type Mode = "size" | "tree";
const LIMITS = ["20", "50", "all"] as const;
type Limit = (typeof LIMITS)[number];

const HELP =
  "Each bar is what a part adds to the residual stream, along the direction of the logit, with the final norm's scale held at what it was: a direct effect. Red bars go right of zero and raise it, blue ones go left. Click or Enter pins a part in the other pictures of the run; in the tree right and left open and close.";

function render({ model, el }: RenderContext): () => void {
  const state = readState((key) => model.get(key));
  const { parts, bySource, tokenTexts, position } = state;
  const bus = selectionBus(state.runId);
  const open = new Set(["logit"]);
  let mode: Mode = "size";
  let limit: Limit = "20";
  let rows: readonly BarRow[] = [];
  /** Id of the row that keys are at. */
  let chosen = "";
  let pointed: BarRow | null = null;

  const shell = createShell({
    ...{ el, model },
    picture: "attribution",
    title: "Attribution",
    subtitle: state.subtitle,
    description: summaryText(state),
    styles: STYLES,
    redraw: () => draw(),
  });
  const { signal } = shell;
  const ask = askKernel({ model, el }, signal);
  const sources = askedOnRest<Float64Array>({
    signal,
    ask: async (head) =>
      new Float64Array((await ask("sources", { head })).buffers[0] ?? new ArrayBuffer(0)),
    onTold: () => draw(),
  });

  shell.toolbar.append(
    segmented<Mode>(
      "Show",
      [
        { value: "size", label: "by size", title: "parts of all layers, the strongest first" },
        { value: "tree", label: "tree", title: "logit, layers, parts, tokens" },
      ],
      mode,
      (value) => {
        mode = value;
        draw();
      },
    ).element,
    dropdown<Limit>(
      "Rows of one kind",
      LIMITS.map((value) => ({ value, label: value === "all" ? value : `the ${value} strongest` })),
      limit,
      (value) => {
        limit = value;
        draw();
      },
    ).element,
  );

  const clear = (): void => {
    bus.hover(null);
    bus.pin(null);
  };
  /** What other pictures are told of a row; null where it stands for nothing of theirs. */
  const selectionOf = ({ place, kind }: BarRow) => {
    const { layer, head, expert, token } = place;
    if (layer === null && token === null) return null;
    const own = kind === "part" ? position : null;
    return { layer, head, expert, token: token ?? own };
  };
  const bars = createBarList({
    ...{ signal, onClear: clear },
    onPoint: (row, byKey) => {
      pointed = byKey ? null : row;
      if (row && byKey) {
        chosen = row.id;
        shell.announce(spoken(row));
      }
      bus.hover(row && selectionOf(row));
      schedule();
    },
    onPin: (row) => {
      chosen = row.id;
      const selection = selectionOf(row);
      if (selection) bus.pin(selection);
      schedule();
    },
    onToggle: (row, opens) => {
      chosen = row.id;
      if (opens) open.add(row.id);
      else open.delete(row.id);
      const head = row.part === null ? -1 : headRow(parts, row.part);
      if (opens && head >= 0) sources.want(head);
      shell.announce(`${spoken(row)}, ${opens ? "open" : "closed"}`);
      draw();
    },
  });
  const text = createSourceText({
    ...{ texts: tokenTexts, signal, onClear: clear, says: shell.announce },
    onPoint: (token) => {
      bus.hover(token === null ? null : { token });
      if (token !== null) shell.announce(sourceSpoken(token));
    },
    onPin: (token) => bus.pin({ token }),
  });
  const readout = createReadout(state);
  const scale = element("p", { class: "vt-scale-line" });
  const columns = partColumns(state);
  const table = dataTable({
    caption: () => `Parts of the ${summaryText(state)} (recomputed)`,
    columns: () =>
      columns.map(({ name, unit, values }) => ({
        label: unit === undefined ? name : `${name} [${unit}]`,
        isNumber: ArrayBuffer.isView(values) || name === "layer" || name === "index",
      })),
    nRows: () => parts.length + 1,
    row: (i) => columns.map(({ values }) => String(values[i] ?? "")),
  });
  shell.actions.append(table.toggle);
  shell.body.append(
    element("p", { class: "vt-attribution-summary" }, summaryText(state)),
    element(
      "div",
      { class: "vt-attribution" },
      element("div", {}, bars.element, scale),
      element(
        "div",
        { class: "vt-attribution-side" },
        readout.element,
        bySource === null
          ? element(
              "p",
              { class: "vt-note" },
              "Heads were not split by the positions that they read: attribution(run, target, { sources: true }) does.",
            )
          : text.element,
      ),
    ),
    element("p", { class: "vt-note" }, HELP),
    table.element,
  );

  const spoken = ({ label, value, kind }: BarRow): string =>
    kind === "note" ? label : `${label}, ${signedText(value)} logits`;

  /** The head that is looked at; -1 where none is. */
  function shownHead(): number {
    const { part } = looked();
    return part === null ? -1 : headRow(parts, part);
  }

  function looked(): BarRow {
    const row = pointed ?? rows.find(({ id }) => id === chosen) ?? rows[0];
    return row as BarRow;
  }

  function shownSources(): ShownSources {
    const { part } = looked();
    const head = shownHead();
    const one = part === null ? undefined : parts[part];
    if (head < 0 || one === undefined)
      return { title: "What all heads bring from each token", values: bySource ?? "" };
    const values = sources.of(head) ?? "reading what it brings from each token…";
    return { title: `What ${partName(one)} brings from each token`, values };
  }

  /** The token at which a head stands is pointed at with it: that is not the row of what it reads there. */
  function isOfHead({ kind, id, place }: BarRow): boolean {
    return kind === "source" && place.token === position && looked().id !== id;
  }

  function sourceSpoken(token: number): string {
    const { title, values } = shownSources();
    return typeof values === "string" ? values : `${title}: ${signedText(values[token] ?? 0)}`;
  }

  let scheduled = 0;
  function schedule(): void {
    cancelAnimationFrame(scheduled);
    scheduled = requestAnimationFrame(() => mark());
  }
  signal.addEventListener("abort", () => cancelAnimationFrame(scheduled));
  bus.subscribe(() => schedule(), signal);

  function draw(): void {
    const most = limit === "all" ? Number.POSITIVE_INFINITY : Number(limit);
    rows =
      mode === "size"
        ? rowsBySize(state, most)
        : rowsOfTree(
            state,
            (id) => open.has(id),
            (head) => sources.of(head),
            most,
          );
    if (!rows.some(({ id }) => id === chosen)) chosen = rows[0]?.id ?? "";
    pointed = null;
    const colourAt = divergingScale(shell.theme);
    bars.element.style.setProperty("--vt-plus", colourAt(1));
    bars.element.style.setProperty("--vt-minus", colourAt(-1));
    const extent = extentOf(rows);
    bars.draw(rows, extent);
    const sums =
      mode === "size" ? "; upright marks and the last column: the sum down to each row" : "";
    scale.textContent = `one linear scale, ${signedText(extent.low)} to ${signedText(extent.high)} logits${sums}`;
    mark();
  }

  function mark(): void {
    if (rows.length === 0) return; // not drawn yet
    const { hovered, pinned } = bus.state;
    bars.mark({
      chosen,
      isLit: (row) => isAt(row, hovered, position) && !isOfHead(row),
      isPinned: (row) => isAt(row, pinned, position) && !isOfHead(row),
    });
    readout.draw(looked());
    if (bySource === null) return;
    const head = shownHead();
    sources.rest(head < 0 ? null : head);
    text.draw(shownSources(), shell.theme);
    text.mark(litToken(bus.state), pinned?.token ?? null);
  }

  return () => shell.destroy();
}

/** Does a row stand for what a picture points at? */
function isAt({ place, kind }: BarRow, at: SelectionState["hovered"], position: number): boolean {
  if (at === null) return false;
  const { layer, head, expert, token } = place;
  if (kind === "source") return at.token === token && at.layer === layer && at.head === head;
  if (kind === "layer") return at.layer === layer && at.head === null && at.expert === null;
  if (kind !== "part" || layer === null) return false;
  const isHere = at.token === null || at.token === position || at.head !== null;
  return isHere && at.layer === layer && at.head === head && at.expert === expert;
}

export default { render } satisfies AfmView;
