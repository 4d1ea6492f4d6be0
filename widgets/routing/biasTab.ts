import { segmented } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { percent } from "../render/formatNumber.ts";
import { createCellMap } from "./cellMap.ts";
import type { MapCell } from "./cellMapDrawing.ts";
import { createExpertPanel } from "./expertPanel.ts";
import { createMapKey } from "./mapKey.ts";
import { layerLabel, pinnedCell, type RoutingPage, type RoutingTab } from "./page.ts";
import { columnsPerGroup, routerText } from "./routerText.ts";
import type { BiasCounts } from "./routeStore.ts";
import { amountStrengths, endsOf, signedStrengths } from "./strengths.ts";

type Measure = "net" | "gained" | "lost";

/** All layers by all experts: the tokens that the balancing bias brought each expert, and those that it cost. */
export function biasTab(page: RoutingPage): RoutingTab {
  const { shell, store, layers, nExperts, tokenTexts } = page;
  let measure: Measure = "net";
  const measures = segmented<Measure>(
    "show",
    [
      { value: "net", label: "gained − lost" },
      { value: "gained", label: "gained" },
      { value: "lost", label: "lost" },
    ],
    measure,
    (value) => {
      measure = value;
      page.schedule();
    },
  );
  const map = createCellMap({
    description: "what the bias changed",
    label: "Tokens that the bias brought each expert, layers down, experts across.",
    signal: shell.signal,
    onPoint: (cell) => {
      page.point(cell && { row: cell.row, expert: cell.column });
      if (cell) shell.announce(lineOf(cell));
    },
    onPin: ({ row, column }) => page.pin({ row, expert: column }),
    onClear: () => page.clear(),
  });
  const key = createMapKey();
  const line = element("p", { class: "vt-cell-line" });
  const rule = element("p", { class: "vt-note" });
  const panel = createExpertPanel(page);
  const toolbar = element("div", { class: "vt-toolbar" }, measures.element);
  const column = element(
    "div",
    { class: "vt-cells-column" },
    ...[toolbar, map.element, line, key.element, rule],
  );
  const stage = element("div", { class: "vt-routing" }, column, panel.element);

  function lineOf({ row, column: expert }: MapCell): string {
    const bias = store.bias();
    const place = `Expert ${expert} of layer ${layers[row]}`;
    if (bias === null) return `${place}: reading`;
    const router = bias.routers[row];
    if (bias.changes === null || router?.hasBias !== true)
      return `${place}: its router has no bias`;
    if (router.isEdited) return `${place}: edits change the layer's choice, so this is not told`;
    const { gained, lost, nChanged } = bias.changes;
    const at = row * nExperts + expert;
    return `${place}: ${gained[at]} tokens by the bias alone, ${lost[at]} that it would have without. In the layer the bias changed the experts of ${nChanged[row]} of ${tokenTexts.length} tokens (${percent((nChanged[row] ?? 0) / tokenTexts.length)}).`;
  }

  let made = "";
  let values: Float32Array = new Float32Array(0);
  let strengths: Float32Array = new Float32Array(0);
  function read({ changes }: BiasCounts): void {
    if (changes === null || made === measure) return;
    made = measure;
    const { gained, lost } = changes;
    values = measure === "net" ? gained.map((n, i) => n - (lost[i] ?? 0)) : changes[measure];
    strengths = measure === "net" ? signedStrengths(values) : amountStrengths(values, "linear");
  }

  return {
    element: stage,
    help: "What the same rule would choose from the scores without the bias, beside what was chosen. Arrows move the cell, Enter pins it, Esc clears.",
    table: {
      caption: () =>
        "Tokens that each expert has by the bias alone, and those that it would have without; recomputed from the scores",
      columns: () => [
        { label: "layer", isNumber: true },
        { label: "expert", isNumber: true },
        { label: "gained", isNumber: true },
        { label: "lost", isNumber: true },
      ],
      nRows: () => (store.bias()?.changes ? layers.length * nExperts : 0),
      row: (i) => {
        const changes = store.bias()?.changes;
        return [
          String(layers[Math.floor(i / nExperts)]),
          String(i % nExperts),
          changes ? String(changes.gained[i]) : "…",
          changes ? String(changes.lost[i]) : "…",
        ];
      },
    },
    draw() {
      const bias = store.bias();
      if (bias) read(bias);
      const isAbsent = bias !== null && bias.changes === null;
      for (const part of [toolbar, map.element, line, key.element, panel.element])
        part.hidden = isAbsent;
      rule.textContent = bias === null ? (store.error ?? "") : routerText(bias.routers, layers);
      rule.classList.toggle("vt-refusal", isAbsent);
      if (isAbsent) return;
      const cell = { row: page.place.row, column: page.place.expert };
      map.draw(
        {
          ...{ nRows: layers.length, nColumns: nExperts, isSigned: measure === "net", strengths },
          rowLabel: (row) => layerLabel(page, row),
          columnLabel: String,
          ...{ rowTitle: "layer", columnTitle: "expert" },
          ...{ cell, pinned: pinnedCell(page, "expert"), marks: [] },
          columnsPerGroup: columnsPerGroup(bias?.routers),
        },
        shell.theme,
        column.clientWidth,
      );
      line.textContent = lineOf(cell);
      const { most } = endsOf(values.map(Math.abs));
      key.draw(
        measure === "net"
          ? { isSigned: true, low: `−${most}`, high: `${most} tokens, linear about 0` }
          : { isSigned: false, low: "0", high: `${most} tokens, linear` },
        shell.theme,
      );
      panel.draw();
    },
  };
}
