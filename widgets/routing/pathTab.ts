import { element } from "../render/element.ts";
import { exactF32 } from "../render/formatNumber.ts";
import { shortToken, visibleToken } from "../render/visibleToken.ts";
import { createAttemptPanel } from "./attemptPanel.ts";
import { createCellMap } from "./cellMap.ts";
import type { MapCell } from "./cellMapDrawing.ts";
import { routeOf } from "./data.ts";
import { createMapKey } from "./mapKey.ts";
import { layerLabel, pinnedCell, type RoutingPage, type RoutingTab } from "./page.ts";
import { biasOf, pathMarks, pathStrengths, type TokenPath } from "./pathCells.ts";
import { columnsPerGroup, routerText } from "./routerText.ts";

/** One token's way through all layers: its experts, the next best, what the bias changed; and what another expert would do. */
export function pathTab(page: RoutingPage): RoutingTab {
  const { shell, store, layers, nExperts, k, tokenTexts, compared } = page;
  const slider = element("input", {
    ...{ type: "range", min: 0, max: tokenTexts.length - 1, step: 1 },
    "aria-label": "token",
  });
  slider.addEventListener("input", () => page.pin({ token: Number(slider.value) }));
  const chosen = element("output", { class: "vt-mono vt-lit" });
  const map = createCellMap({
    description: "path of a token",
    label: "Experts of one token, layers down, experts across.",
    signal: shell.signal,
    onPoint: (cell) => {
      page.point(cell && { row: cell.row, expert: cell.column, token: page.place.token });
      if (cell) shell.announce(lineOf(cell));
    },
    onPin: ({ row, column }) => page.pin({ row, expert: column, token: page.place.token }),
    onClear: () => page.clear(),
  });
  const key = createMapKey();
  const line = element("p", { class: "vt-cell-line" });
  const marks = element("p", { class: "vt-note vt-mark-key" });
  const panel = createAttemptPanel(page);
  const column = element(
    "div",
    { class: "vt-cells-column" },
    element("div", { class: "vt-toolbar" }, element("label", {}, "token ", slider), chosen),
    ...[map.element, line, key.element, marks],
  );
  const stage = element("div", { class: "vt-routing vt-path" }, column, panel.element);

  function pathOf(token: number): TokenPath {
    const block = store.blockOf(token);
    const partner = page.partners[token] ?? -1;
    return {
      ...{ nExperts, k },
      routes: layers.map((_, row) => block && routeOf(block, k, row, token)),
      scores: store.scoresOf(token),
      choice: store.choiceOf(token),
      other: partner >= 0 ? store.routeIn(compared, partner) : null,
    };
  }

  function lineOf({ row, column: at }: MapCell): string {
    const path = pathOf(page.place.token);
    const { choice, scores } = path;
    const route = path.routes[row] ?? null;
    const place = `Expert ${at} of layer ${layers[row]}`;
    if (!route) return `${place}: reading`;
    const slot = route.experts.indexOf(at);
    const score = scores?.[row * nExperts + at];
    const { gained, lost } = biasOf(route, choice, row, k);
    const parts = [
      slot >= 0 ? `chosen, weight ${exactF32(route.weights[slot] ?? Number.NaN)}` : "not chosen",
      score === undefined
        ? ""
        : score === Number.NEGATIVE_INFINITY
          ? "its group was dropped"
          : `score ${exactF32(score)}`,
      choice?.runnersUp[row] === at ? "the next best" : "",
      gained.includes(at) ? "by the bias alone" : "",
      lost.includes(at) ? "it would be without the bias" : "",
      choice ? `margin of the layer ${exactF32(choice.margins[row] ?? Number.NaN)}` : "",
    ];
    return `${place}: ${parts.filter((text) => text !== "").join(", ")}`;
  }

  /** What lines above cells stand for. */
  function comparedText(token: number): string {
    if (compared < 0) return "";
    const partner = page.partners[token] ?? -1;
    return partner < 0
      ? "The compared run lacks this token."
      : `Line above: chosen for the same token of the compared run (${partner}).`;
  }

  return {
    element: stage,
    help: "Each row is a layer, each place an expert. Arrows move the cell, Enter or a click pins it, Esc clears; the panel then forces or forbids the expert and shows what the logits do.",
    table: {
      caption: () => `Path of token ${page.place.token}; margins are derived from the scores`,
      columns: () => [
        { label: "layer", isNumber: true },
        { label: "experts", isNumber: false },
        { label: "weights", isNumber: false },
        { label: "margin", isNumber: true },
        { label: "next best", isNumber: true },
        { label: "by the bias alone", isNumber: false },
        { label: "without the bias", isNumber: false },
      ],
      nRows: () => layers.length,
      row: (row) => {
        const { routes, choice } = pathOf(page.place.token);
        const route = routes[row] ?? null;
        const { gained, lost } = biasOf(route, choice, row, k);
        return [
          String(layers[row]),
          route ? route.experts.join(", ") : "…",
          route ? route.weights.map(exactF32).join(", ") : "…",
          choice ? exactF32(choice.margins[row] ?? Number.NaN) : "…",
          choice ? String(choice.runnersUp[row]) : "…",
          gained.join(", "),
          lost.join(", "),
        ];
      },
    },
    draw() {
      const { row, expert, token } = page.place;
      const path = pathOf(token);
      slider.value = String(token);
      slider.setAttribute("aria-valuetext", `${token}: ${visibleToken(tokenTexts[token] ?? "")}`);
      chosen.textContent = `${shortToken(tokenTexts[token] ?? "", 24)} (${token})`;
      const cell = { row, column: expert };
      map.draw(
        {
          ...{ nRows: layers.length, nColumns: nExperts, isSigned: false },
          strengths: pathStrengths(path),
          rowLabel: (each) => layerLabel(page, each),
          columnLabel: String,
          ...{ rowTitle: "layer", columnTitle: "expert" },
          ...{ cell, pinned: pinnedCell(page, "expert"), marks: pathMarks(path) },
          columnsPerGroup: columnsPerGroup(path.choice?.routers),
        },
        shell.theme,
        column.clientWidth,
      );
      line.textContent = lineOf(cell);
      key.draw({ isSigned: false, low: "weight 0", high: "1, linear" }, shell.theme);
      marks.textContent = markText(path, token);
      panel.draw();
    },
  };

  function markText({ choice }: TokenPath, token: number): string {
    const hasBias = choice?.routers.some((router) => router.hasBias) === true;
    return [
      "Hollow: the next best expert.",
      hasBias ? "Line below: chosen by the bias alone. Cross: would be chosen without it." : "",
      comparedText(token),
      choice ? `Grey: in a dropped group. ${routerText(choice.routers, layers)}` : "",
    ]
      .filter((text) => text !== "")
      .join(" ");
  }
}
