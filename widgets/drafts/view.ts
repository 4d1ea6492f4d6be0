import type { AfmView, RenderContext } from "../render/afm.ts";
import { drawSvg } from "../render/chart/drawSvg.ts";
import { type SvgNode, svg } from "../render/chart/svgNode.ts";
import { dataTable } from "../render/dataTable.ts";
import { element } from "../render/element.ts";
import { percent } from "../render/formatNumber.ts";
import { litToken, selectionBus } from "../render/selection.ts";
import { createShell } from "../render/shell.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { acceptanceBars, acceptanceRows } from "./acceptanceBars.ts";
import { type DraftsState, NO_WORTH, ownTimeText, rateText, stepsOf, worthText } from "./data.ts";
import { createProbabilityPanel } from "./probabilityPanel.ts";
import { createReadout } from "./readout.ts";
import { createStepStrip } from "./stepStrip.ts";
import { STYLES } from "./styles.ts";
import { timeBars } from "./timeBars.ts";

const HELP =
  "A box is a step of the model: drafts that it accepted, then the token that it drew itself. Under the text arrows go from token to token and from step to step, Enter pins, Esc clears.";
const DRAFT_RULE =
  "Dots are accepted drafts, crosses rejected ones. Above the dashed line the model gave the draft more than the draft module did, and at temperature 1 without cuts such a draft is always accepted.";
const WIDEST_TIME = 760;
const WIDEST_BARS = 900;

function render({ model, el }: RenderContext): () => void {
  const read = <K extends keyof DraftsState>(key: K): DraftsState[K] =>
    model.get(key) as DraftsState[K];
  const [tokens, domains, worth] = [read("tokens"), read("domains"), read("worth")];
  const refusal = read("refusal");
  const shell = createShell({
    ...{ el, model },
    picture: "drafts",
    title: "Drafts",
    subtitle: read("subtitle"),
    description: `what became of drafts in ${tokens.length} generated tokens`,
    styles: STYLES,
    redraw: () => draw(),
  });
  const { signal } = shell;
  if (refusal !== "") {
    shell.body.append(element("p", {}, refusal));
    return () => shell.destroy();
  }
  const bus = selectionBus(read("runId"));
  const [first] = tokens;
  const placeOf = (position: number | null): number | null => {
    if (position === null || first === undefined) return null;
    const at = position - first.index;
    return at >= 0 && at < tokens.length ? at : null;
  };
  const positionOf = (at: number): number => tokens[at]?.index ?? 0;
  const lit = (): number | null => placeOf(litToken(bus.state));
  const hover = (at: number | null): void =>
    bus.hover(at === null ? null : { token: positionOf(at) });
  const pin = (at: number): void => bus.pin({ token: positionOf(at) });
  const clear = (): void => {
    bus.hover(null);
    bus.pin(null);
  };

  const strip = createStepStrip({ tokens, signal, onPoint: hover, onPin: pin });
  const readout = createReadout();
  const probabilities = createProbabilityPanel({
    ...{ tokens, signal, announce: shell.announce },
    choice: { at: lit, hover, pin, clear },
  });
  const bars = element("div", { class: "vt-chart vt-bars", role: "img" });
  const rows = acceptanceRows(domains);
  bars.setAttribute(
    "aria-label",
    rows.map(({ label, rate }) => `${label}: ${rateText(rate)}`).join("; "),
  );
  const times = element("div", { class: "vt-chart vt-bars", role: "img" });
  const table = draftTable(tokens);
  const counts = acceptanceTable(domains);
  shell.actions.append(table.toggle);
  shell.body.append(
    element(
      "div",
      { class: "vt-drafts" },
      element("div", {}, strip.element, legend()),
      readout.element,
    ),
    element("p", { class: "vt-note" }, HELP),
    table.element,
    element(
      "div",
      { class: "vt-drafts-charts" },
      element(
        "div",
        {},
        element("h4", {}, "Probability of each draft (measured)"),
        probabilities.element,
        element("p", { class: "vt-note" }, DRAFT_RULE),
      ),
      element(
        "div",
        {},
        element(
          "div",
          { class: "vt-chart-bar" },
          element("h4", {}, "Acceptance by place in a step, and by label (measured)"),
          counts.toggle,
        ),
        bars,
        counts.element,
      ),
    ),
    element(
      "div",
      { class: "vt-drafts-time" },
      element("h4", {}, "Time against plain decoding"),
      ...(worth === null ? [] : [times]),
      element("p", {}, worth === null ? NO_WORTH : worthText(worth)),
      element("p", { class: "vt-muted" }, ownTimeText(read("ownTime"))),
    ),
  );
  if (worth !== null) times.setAttribute("aria-label", worthText(worth));

  const steps = stepsOf(tokens);
  strip.text.addEventListener(
    "keydown",
    (event) => {
      if (!onKey(event.key)) return;
      event.preventDefault();
      const token = tokens[lit() ?? -1];
      if (token) shell.announce(tokenText(token));
    },
    { signal },
  );

  function onKey(pressed: string): boolean {
    const at = lit();
    const last = tokens.length - 1;
    if (pressed === "Escape") clear();
    else if (pressed === "Enter" && at !== null) pin(at);
    else if (pressed === "Home") hover(0);
    else if (pressed === "End") hover(last);
    else if (pressed === "ArrowRight" || pressed === "ArrowLeft")
      hover(
        at === null ? 0 : Math.max(0, Math.min(last, at + (pressed === "ArrowRight" ? 1 : -1))),
      );
    else if (pressed === "ArrowDown" || pressed === "ArrowUp")
      hover(at === null ? 0 : stepFrom(at, pressed === "ArrowDown" ? 1 : -1));
    else return false;
    return true;
  }

  /** The first token of the step before or behind a token's own. */
  function stepFrom(at: number, by: number): number {
    let start = 0;
    const starts = steps.map((step) => {
      const own = start;
      start += step.length;
      return own;
    });
    const own = starts.findLastIndex((each) => each <= at);
    return starts[Math.max(0, Math.min(starts.length - 1, own + by))] ?? 0;
  }

  let scheduled = 0;
  function schedule(): void {
    cancelAnimationFrame(scheduled);
    scheduled = requestAnimationFrame(() => draw());
  }
  signal.addEventListener("abort", () => cancelAnimationFrame(scheduled));
  bus.subscribe(() => schedule(), signal);

  function draw(): void {
    if (refusal !== "") return;
    const at = lit();
    strip.draw(at, placeOf(bus.state.pinned?.token ?? null));
    readout.draw(tokens[at ?? -1] ?? null);
    probabilities.draw();
    const width = Math.min(WIDEST_BARS, bars.clientWidth);
    if (width === 0) return;
    const drawn = acceptanceBars(rows, width);
    put(bars, drawn.node, width, drawn.height);
    if (worth === null) return;
    const wide = Math.min(WIDEST_TIME, times.clientWidth);
    const time = timeBars(worth, wide);
    put(times, time.node, wide, time.height);
  }

  return () => shell.destroy();
}

function put(host: HTMLElement, node: SvgNode, width: number, height: number): void {
  const size = { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" };
  host.replaceChildren(drawSvg(svg("svg", size, node)));
}

function legend(): HTMLElement {
  const entry = (verdict: string, text: string): HTMLElement =>
    element("span", {}, element("span", { class: `vt-drafted vt-${verdict}` }, "ab"), text);
  return element(
    "p",
    { class: "vt-drafts-key" },
    entry("accepted", "accepted draft"),
    element(
      "span",
      {},
      element("s", { class: "vt-draft-text" }, "ab"),
      entry("rejected", "rejected draft, and what the model drew"),
    ),
    entry("bonus", "bonus behind accepted drafts"),
    entry("plain", "nothing drafted"),
  );
}

type Token = DraftsState["tokens"][number];

function tokenText({
  text,
  verdict,
  draftText,
  draftProbability,
  modelProbability,
}: Token): string {
  const draft =
    draftProbability === null
      ? ""
      : `; draft ${visibleToken(draftText ?? "")}, draft module ${percent(draftProbability)}, model ${percent(modelProbability ?? 0)}`;
  return `${visibleToken(text)}: ${verdict}${draft}`;
}

function draftTable(tokens: DraftsState["tokens"]) {
  return dataTable({
    caption: () => "Generated tokens and their drafts, probabilities under raw logits (measured)",
    columns: () => [
      { label: "position", isNumber: true },
      { label: "token", isNumber: false },
      { label: "place in step", isNumber: true },
      { label: "verdict", isNumber: false },
      { label: "draft", isNumber: false },
      { label: "under the draft module", isNumber: true },
      { label: "under the model", isNumber: true },
    ],
    nRows: () => tokens.length,
    row: (i) => {
      const token = tokens[i];
      if (token === undefined) return [];
      const { draftText } = token;
      return [
        String(token.index),
        visibleToken(token.text),
        String(token.position + 1),
        token.verdict,
        draftText === null ? "—" : visibleToken(draftText),
        ...[token.draftProbability, token.modelProbability].map((p) =>
          p === null ? "—" : String(p),
        ),
      ];
    },
  });
}

function acceptanceTable(domains: DraftsState["domains"]) {
  const rows = acceptanceRows(domains);
  return dataTable({
    caption: () => "Drafts judged and accepted (measured)",
    columns: () => [
      ...["label", "drafts"].map((label) => ({ label, isNumber: false })),
      ...["judged", "accepted", "rate"].map((label) => ({ label, isNumber: true })),
    ],
    nRows: () => rows.length,
    row: (i) => {
      const row = rows[i];
      if (row === undefined) return [];
      const { judged, accepted, rate } = row.rate;
      return [
        row.domain,
        row.isWhole ? "all" : row.label,
        ...[judged, accepted].map(String),
        rate === null ? "—" : String(rate),
      ];
    },
  });
}

export default { render } satisfies AfmView;
