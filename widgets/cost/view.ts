import type { PriceTable } from "../../engine/trace/schema.ts";
import { type AfmView, alignedBuffer, type RenderContext } from "../render/afm.ts";
import { dataTable } from "../render/dataTable.ts";
import { element } from "../render/element.ts";
import { byteCount, flopCount, milliseconds } from "../render/formatNumber.ts";
import { litToken, selectionBus } from "../render/selection.ts";
import { createShell } from "../render/shell.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { tokenPrices } from "./bills.ts";
import { cacheCard, parameterCard, phaseCard } from "./cards.ts";
import { createCostCharts, type Series } from "./costCharts.ts";
import {
  type CostState,
  costAt,
  FIELDS,
  type Field,
  phaseTotals,
  sameForAll,
  sameText,
} from "./data.ts";
import { createPriceEditor } from "./priceEditor.ts";
import { STYLES } from "./styles.ts";
import { createWhereItGoes } from "./whereItGoes.ts";

const BYTES: readonly Field[] = ["weightBytes", "kvReadBytes", "kvWriteBytes"];

function render({ model, el }: RenderContext): () => void {
  const read = <K extends keyof CostState>(key: K): CostState[K] => model.get(key) as CostState[K];
  const tokenTexts = read("tokenTexts");
  const costs = new Float64Array(alignedBuffer(read("costs")));
  const totals = read("totals");
  const decoded = new Set(read("decoded"));
  const nTokens = Math.round(costs.length / FIELDS.length);
  const nOutput = read("nGenerated");
  const nInput = tokenTexts.length - nOutput;
  const roofline = read("roofline");
  const beside = roofline === null ? "" : `, beside the limits of ${roofline.device.name}`;
  const bus = selectionBus(read("runId"));
  const all = Array.from({ length: nTokens }, (_, t) => t);

  const shell = createShell({
    ...{ el, model },
    picture: "cost",
    title: "Cost",
    subtitle: read("subtitle"),
    description: `what each of ${nTokens} tokens took to process${beside}`,
    styles: STYLES,
    redraw: () => draw(),
  });
  const { signal } = shell;
  const series: readonly Series[] = [
    { label: "FLOPs", provenance: "derived", fields: ["flops"], format: flopCount },
    { label: "Bytes moved", provenance: "derived", fields: BYTES, format: byteCount },
    { label: "Time", provenance: "measured", fields: ["durationMs"], format: milliseconds },
  ];
  const sums = ({ fields }: Series): number[] =>
    all.map((t) => fields.reduce((sum, field) => sum + costAt(costs, t, field), 0));
  const even = series.flatMap((one) => {
    const same = sameForAll(sums(one));
    return same === null ? [] : [{ one, same }];
  });
  const uneven = series.filter((one) => !even.some((found) => found.one === one));
  const charts = createCostCharts({
    costs,
    tokenTexts,
    nTokens,
    isDecoded: (token) => decoded.has(token),
    series: uneven,
    signal,
    onPoint: (token) => bus.hover(token === null ? null : { token }),
    onPin: (token) => bus.pin({ token }),
  });
  const firstDecoded = all.findIndex((t) => decoded.has(t));
  const whereItGoes = createWhereItGoes({
    totals,
    byClass: new Float64Array(alignedBuffer(read("byClass"))),
    tokenTexts,
    nTokens,
    firstDecoded: firstDecoded < 0 ? nTokens : firstDecoded,
    contextLength: read("contextLength"),
    roofline,
    tokens: {
      lit: () => litToken(bus.state),
      pinned: () => bus.state.pinned?.token ?? null,
      hover: (token) => bus.hover(token === null ? null : { token }),
      pin: (token) => bus.pin({ token }),
      clear: () => clear(),
    },
    signal,
    announce: shell.announce,
  });
  const line = element("p", { class: "vt-cost-line" });
  const hint =
    uneven.length === 0
      ? ""
      : `Point at a bar, or use left and right, to read a token's numbers. Enter pins, Esc clears.${
          uneven.some(({ fields }) => fields === BYTES)
            ? " Bytes stack weights, then KV cache read and written."
            : ""
        }`;
  const thinking = new Set(read("thinking"));
  const moneyOf = (token: number) => {
    if (token < totals.sharedPrefixTokens) return tokenPrices(read("prices"), "cachedInput");
    if (token < nInput) return tokenPrices(read("prices"), "input");
    return tokenPrices(read("prices"), thinking.has(token) ? "reasoning" : "output");
  };
  const table = dataTable({
    caption: () =>
      "FLOPs and bytes derived from shapes and routes; milliseconds measured. What a step does once is shared out evenly over its tokens. Millionths of a currency are what each price list bills for the token.",
    columns: () => [
      { label: "position", isNumber: true },
      { label: "token", isNumber: false },
      { label: "phase", isNumber: false },
      { label: "FLOPs", isNumber: true },
      { label: "weight bytes", isNumber: true },
      { label: "KV bytes read", isNumber: true },
      { label: "KV bytes written", isNumber: true },
      { label: "ms", isNumber: true },
      ...moneyOf(0).map(({ name, unit }) => ({ label: `${unit}, ${name}`, isNumber: true })),
    ],
    nRows: () => nTokens,
    row: (t) => [
      String(t),
      visibleToken(tokenTexts[t] ?? ""),
      decoded.has(t) ? "decode" : "prefill",
      exact(costAt(costs, t, "flops")),
      exact(costAt(costs, t, "weightBytes")),
      exact(costAt(costs, t, "kvReadBytes")),
      exact(costAt(costs, t, "kvWriteBytes")),
      timeText(t),
      ...moneyOf(t).map(({ amount }) => String(amount)),
    ],
  });
  const prices = createPriceEditor({
    usage: {
      inputTokens: nInput,
      cachedInputTokens: totals.sharedPrefixTokens,
      outputTokens: nOutput,
      reasoningTokens: thinking.size,
    },
    initial: read("prices"),
    onChange: (next) => {
      model.set("prices", next);
      model.save_changes();
    },
  });
  const onPrices = (): void => {
    prices.show(read("prices") as readonly PriceTable[]);
    table.refresh();
    draw();
  };
  model.on("change:prices", onPrices);
  signal.addEventListener("abort", () => model.off("change:prices", onPrices));

  shell.actions.append(table.toggle);
  shell.body.append(
    element(
      "div",
      { class: "vt-cards" },
      ...(["prefill", "decode"] as const).map((phase) => {
        const tokens = all.filter((t) => decoded.has(t) === (phase === "decode"));
        return phaseCard(totals, phase, phaseTotals(costs, tokens));
      }),
      cacheCard(totals),
      parameterCard(totals),
    ),
    ...even.map(({ one, same }) =>
      element(
        "p",
        { class: "vt-same" },
        element("strong", {}, one.label),
        ` ${sameText(one.format(same), nTokens, one.provenance)}`,
      ),
    ),
    uneven.length > 0 ? charts.element : "",
    line,
    table.element,
    whereItGoes.element,
    element(
      "div",
      { class: "vt-subhead" },
      element("h4", {}, "Money"),
      element(
        "span",
        { class: "vt-muted" },
        `what a service with these prices would bill for ${nInput} input and ${nOutput} output tokens${thinking.size > 0 ? `, ${thinking.size} of them reasoning` : ""}; not what this run cost. Prices are per million tokens; edit any field.`,
      ),
    ),
    prices.element,
  );

  function draw(): void {
    const token = litToken(bus.state);
    charts.draw(token, bus.state.pinned?.token ?? null, shell.theme, shell.body.clientWidth);
    whereItGoes.draw();
    if (token === null || token >= nTokens) {
      line.replaceChildren(element("span", { class: "vt-muted" }, hint));
    } else line.replaceChildren(...tokenLine(token));
  }

  function clear(): void {
    bus.hover(null);
    bus.pin(null);
  }

  function tokenLine(t: number): Node[] {
    const text = [
      ` (${t}, ${decoded.has(t) ? "decode" : "prefill"}): `,
      flopCount(costAt(costs, t, "flops")),
      ` · weights ${byteCount(costAt(costs, t, "weightBytes"))}`,
      ` · KV read ${byteCount(costAt(costs, t, "kvReadBytes"))}, written ${byteCount(costAt(costs, t, "kvWriteBytes"))} (derived)`,
      ` · ${timeText(t)}${Number.isNaN(costAt(costs, t, "durationMs")) ? "" : " ms (measured)"}`,
      ...moneyOf(t).map(({ name, unit, amount }) => ` · ${amount} ${unit} at ${name}`),
    ].join("");
    return [
      element("strong", {}, visibleToken(tokenTexts[t] ?? "")),
      document.createTextNode(text),
    ];
  }

  function timeText(t: number): string {
    const ms = costAt(costs, t, "durationMs");
    return Number.isNaN(ms) ? "not measured" : String(Number(ms.toPrecision(4)));
  }

  charts.canvas.addEventListener(
    "keydown",
    (e) => {
      const at = litToken(bus.state) ?? -1;
      if (e.key === "ArrowRight") bus.hover({ token: Math.min(nTokens - 1, at + 1) });
      else if (e.key === "ArrowLeft") bus.hover({ token: Math.max(0, at - 1) });
      else if (e.key === "Enter" && at >= 0) bus.pin({ token: at });
      else if (e.key === "Escape") clear();
      else return;
      e.preventDefault();
      shell.announce(line.textContent ?? "");
    },
    { signal },
  );

  let scheduled = 0;
  bus.subscribe(() => {
    cancelAnimationFrame(scheduled);
    scheduled = requestAnimationFrame(() => draw());
  }, signal);
  signal.addEventListener("abort", () => cancelAnimationFrame(scheduled));

  return () => shell.destroy();
}

/** Whole numbers as they are; shares of a step with at most two decimals. */
function exact(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}

export default { render } satisfies AfmView;
