import { createChartHost } from "../../render/chart/chartHost.ts";
import { svg } from "../../render/chart/svgNode.ts";
import { segmented } from "../../render/controls.ts";
import { dataTable } from "../../render/dataTable.ts";
import { element } from "../../render/element.ts";
import { percent } from "../../render/formatNumber.ts";
import { visibleToken } from "../../render/visibleToken.ts";
import type { ClassPart } from "../classGroups.ts";
import { CLASS_NAMES } from "../data.ts";
import type { Panel, PanelContext } from "../panel.ts";
import { amountOf, STACKED, type Stacked, type StackRow, stackedParts, stackRows } from "./data.ts";
import { type StackChart, stackChart } from "./stackChart.ts";

const HEIGHT = 250;

type Scale = "amount" | "share";

/** Each token's cost as a bar of the model's parts, with the parts and their numbers beside it. */
export function createStackPanel(context: PanelContext): Panel {
  const { totals, byClass, nTokens, tokenTexts, tokens } = context;
  const nClasses = totals.classes.length;
  let quantity: Stacked = "flops";
  let scale: Scale = "amount";
  let parts: readonly ClassPart[] = [];
  let ofRun: readonly StackRow[] = [];
  let chart: StackChart | null = null;
  let drawn = "";
  /** The part that up and down chose, by its place in the stack. */
  let part: number | null = null;

  const choose = (next: Stacked): void => {
    quantity = next;
    parts = stackedParts(totals.classes, quantity);
    ofRun = stackRows(byClass, nClasses, parts, quantity, null);
    part = null;
  };
  choose(quantity);

  const rowsOf = (token: number | null): readonly StackRow[] =>
    token === null ? ofRun : stackRows(byClass, nClasses, parts, quantity, token);
  const litToken = (): number | null => {
    const lit = tokens.lit();
    return lit !== null && lit < nTokens ? lit : null;
  };
  const rowText = ({ part: { costClass }, amount, share }: StackRow): string =>
    `${CLASS_NAMES[costClass]} ${STACKED[quantity].format(amount)}, ${percent(share)}`;

  const host = createChartHost({
    kind: "stacked bars per token",
    label:
      "What the parts of the model take of each token. Left and right choose a token, up and down a part, Enter pins, Escape clears.",
    signal: context.signal,
    announce: context.announce,
    choice: {
      count: () => nTokens,
      at: litToken,
      hover: tokens.hover,
      pin: tokens.pin,
      clear: () => {
        part = null;
        tokens.clear();
        draw();
      },
      nearest: (x) => chart?.tokenAt(x) ?? null,
      turn: (by) => {
        const last = parts.length - 1;
        part = part === null ? (by > 0 ? last : 0) : Math.max(0, Math.min(last, part - by));
        draw();
      },
      says: () => {
        const token = litToken();
        const rows = rowsOf(token);
        const chosen = part === null ? rows : rows.slice(part, part + 1);
        const where =
          token === null ? "The run" : `${visibleToken(tokenTexts[token] ?? "")}, ${token}`;
        return `${where}: ${chosen.map(rowText).join("; ")}`;
      },
    },
  });
  const body = element("tbody");
  const caption = element("caption", { class: "vt-muted" });
  const legend = element(
    "table",
    { class: "vt-legend" },
    caption,
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        element("th", { scope: "col" }, "part"),
        element("th", { scope: "col", class: "vt-number" }, "takes"),
        element("th", { scope: "col", class: "vt-number" }, "share"),
      ),
    ),
    body,
  );
  const stage = element("div", { class: "vt-stage" }, host.element, legend);
  const table = dataTable({
    caption: () => `${STACKED[quantity].label} of each token by part of the model (derived)`,
    columns: () => [
      { label: "position", isNumber: true },
      { label: "token", isNumber: false },
      ...parts.map(({ costClass }) => ({ label: CLASS_NAMES[costClass], isNumber: true })),
    ],
    nRows: () => nTokens,
    row: (t) => [
      String(t),
      visibleToken(tokenTexts[t] ?? ""),
      ...parts.map((one) => String(amountOf(byClass, nClasses, t, one, quantity))),
    ],
  });
  const controls = element(
    "div",
    { class: "vt-chart-bar" },
    segmented(
      "of",
      (Object.keys(STACKED) as Stacked[]).map((value) => ({ value, label: STACKED[value].label })),
      quantity,
      (value) => {
        choose(value);
        table.refresh();
        draw();
      },
    ).element,
    segmented<Scale>(
      "as",
      [
        { value: "amount", label: "amounts" },
        { value: "share", label: "shares" },
      ],
      scale,
      (value) => {
        scale = value;
        draw();
      },
    ).element,
    table.toggle,
  );

  function draw(): void {
    const width = host.element.clientWidth;
    if (width === 0) return;
    const key = `${quantity} ${scale} ${width}`;
    if (key !== drawn) {
      drawn = key;
      chart = stackChart({
        ...{ width, height: HEIGHT, byClass, nClasses, nTokens, parts, quantity },
        firstDecoded: context.firstDecoded,
        isShare: scale === "share",
      });
      host.draw(chart.node, width, HEIGHT);
    }
    mark();
    const token = litToken();
    caption.textContent =
      token === null
        ? "The whole run (derived)."
        : `${visibleToken(tokenTexts[token] ?? "")} (${token}, derived).`;
    body.replaceChildren(...[...rowsOf(token)].reverse().map(legendRow));
  }

  function mark(): void {
    if (chart === null) return;
    const { plot, barOf } = chart;
    const lit = litToken();
    const pinned = tokens.pinned();
    const over = lit === null ? null : barOf(lit);
    const under = pinned === null ? null : barOf(pinned);
    host.mark([
      ...(over === null
        ? []
        : [
            svg("rect", {
              class: "vt-lit-band",
              ...{ x: over.x - 2, y: plot.top, width: over.width + 4 },
              height: plot.bottom - plot.top,
            }),
          ]),
      ...(under === null
        ? []
        : [
            svg("rect", {
              class: "vt-pin",
              x: under.x,
              y: plot.bottom + 1,
              width: under.width,
              height: 3,
            }),
          ]),
    ]);
  }

  function legendRow({ part: one, amount, share }: StackRow): HTMLElement {
    const isLit = part !== null && parts[part] === one;
    const name = CLASS_NAMES[one.costClass];
    return element(
      "tr",
      { class: isLit ? "vt-legend-lit" : "", "data-class": one.costClass },
      element(
        "th",
        { scope: "row", title: one.group },
        element("span", { class: `vt-swatch ${one.tone}` }),
        name,
      ),
      element("td", { class: "vt-number" }, STACKED[quantity].format(amount)),
      element("td", { class: "vt-number" }, percent(share)),
    );
  }

  return { element: element("div", {}, controls, stage, table.element), draw };
}
