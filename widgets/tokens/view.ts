import type { Provenance } from "../../engine/trace/schema.ts";
import { type AfmView, alignedBuffer, type RenderContext } from "../render/afm.ts";
import { askKernel } from "../render/askKernel.ts";
import { dropdown, segmented } from "../render/controls.ts";
import { dataTable } from "../render/dataTable.ts";
import { divergingScale } from "../render/diverging.ts";
import { element } from "../render/element.ts";
import { litToken, selectionBus } from "../render/selection.ts";
import { createShell } from "../render/shell.ts";
import { inkOnColour, rampColour } from "../render/theme.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { absentNumbers } from "./absentNumbers.ts";
import { askedAlternatives } from "./askedAlternatives.ts";
import { createColourKey } from "./colourKey.ts";
import { countsText, missingLines, type TokensState } from "./data.ts";
import {
  ASKED,
  type ColourKey,
  formatMeasure,
  GIVEN,
  GIVEN_PROVENANCE,
  isAsked,
  isKind,
  KIND_NAMES,
  KINDS,
  labelOf,
  MEASURES,
  type MeasureKey,
} from "./measures.ts";
import { type ScaleName, type Span, spanOf, strength } from "./scale.ts";
import { STYLES } from "./styles.ts";
import { createTokenReadout } from "./tokenReadout.ts";
import { createTokenText, type Look } from "./tokenText.ts";

const KEYS: readonly MeasureKey[] = [
  ...(["surprisal", "probability", "entropy", "rank"] as const),
  ...(["routerEntropy", "routerMargin"] as const),
  ...(["flops", "bytes", "ms", "draftProbability"] as const),
];

function render({ model, el }: RenderContext): () => void {
  const read = <K extends keyof TokensState>(key: K): TokensState[K] =>
    model.get(key) as TokensState[K];
  const texts = read("texts");
  const ids = read("ids");
  const missing = read("missing");
  const nTokens = texts.length;
  const given = new Float64Array(alignedBuffer(read("given")));
  const bus = selectionBus(read("runId"));
  const columns = new Map<MeasureKey, Float64Array>(
    GIVEN.map((key, row) => [key, given.subarray(row * nTokens, (row + 1) * nTokens)]),
  );
  const keys: readonly ColourKey[] = [...KEYS, ...KINDS].filter((key) => !(key in missing));
  let colour: ColourKey = keys[0] ?? "part";
  let scale: ScaleName = "linear";
  let span: Span = spanOf(new Float64Array(0));
  /** Why a number cannot be had, by what was asked for: a refusal may come when another was chosen since. */
  const problems = new Map<ColourKey, string>();

  const shell = createShell({
    ...{ el, model },
    picture: "tokens",
    title: "Tokens",
    subtitle: read("subtitle"),
    description: `${countsText(read("part"))}; each coloured by a number of it`,
    styles: STYLES,
    redraw: () => repaint(),
  });
  const { signal } = shell;
  const ask = askKernel({ model, el }, signal);
  const alternatives = askedAlternatives(ask, signal, (token) => {
    if (litToken(bus.state) === token) mark();
  });

  const numberOf = (key: MeasureKey, token: number): number =>
    columns.get(key)?.[token] ?? Number.NaN;
  const provenanceOf = (key: MeasureKey): Provenance =>
    isAsked(key) ? (read("provenance")[key] ?? "unavailable") : GIVEN_PROVENANCE[key];

  /** Takes what the kernel has worked out by now. */
  function takeColumns(): void {
    for (const key of ASKED) {
      const values = new Float64Array(alignedBuffer(read(key)));
      if (values.length === nTokens) columns.set(key, values);
    }
  }
  function want(key: ColourKey): void {
    problems.delete(key);
    if (!isAsked(key) || columns.has(key)) return;
    ask("column", { measure: key })
      .catch((reason: unknown) => {
        problems.set(key, reason instanceof Error ? reason.message : String(reason));
      })
      .finally(() => repaint());
  }
  const onColumns = (() => {
    takeColumns();
    repaint();
  }) as never;
  for (const key of [...ASKED, "provenance"]) {
    model.on(`change:${key}`, onColumns);
    signal.addEventListener("abort", () => model.off(`change:${key}`, onColumns));
  }

  const text = createTokenText({
    texts,
    blocks: read("blocks"),
    signal,
    onPoint: (token) => {
      bus.hover(token === null ? null : { token });
      if (token !== null && text.host.matches(":focus-visible")) shell.announce(spoken(token));
    },
    onPin: (token) => bus.pin({ token }),
    onClear: () => {
      bus.hover(null);
      bus.pin(null);
    },
    onChange: () => mark(),
    says: shell.announce,
  });
  const readout = createTokenReadout();
  const key = createColourKey();
  const colours = dropdown<ColourKey>(
    "colour by",
    keys.map((value) => ({ value, label: labelOf(value) })),
    colour,
    (value) => {
      colour = value;
      want(value);
      repaint();
    },
  );
  const scales = segmented<ScaleName>(
    "scale",
    (["linear", "log", "rank"] as const).map((value) => ({ value, label: value })),
    scale,
    (value) => {
      scale = value;
      repaint();
    },
  );
  const table = dataTable({
    caption: () =>
      "Numbers of each token; empty where there is none, or where it was not asked for yet",
    columns: () => [
      { label: "position", isNumber: true },
      { label: "token", isNumber: false },
      { label: "id", isNumber: true },
      { label: "part", isNumber: false },
      { label: "draft", isNumber: false },
      ...shownKeys().map((one) => ({ label: columnLabel(one), isNumber: true })),
    ],
    nRows: () => nTokens,
    row: (t) => [
      String(t),
      visibleToken(texts[t] ?? ""),
      String(ids[t]),
      kindName("part", t),
      kindName("draft", t),
      ...shownKeys().map((one) => plain(numberOf(one, t))),
    ],
  });
  shell.actions.append(table.toggle);
  shell.toolbar.append(colours.element, scales.element);
  shell.body.append(
    key.element,
    element(
      "div",
      { class: "vt-tokens" },
      element(
        "div",
        {},
        text.element,
        element("p", { class: "vt-note" }, HELP),
        ...(read("noPrompt") === "" ? [] : [element("p", { class: "vt-note" }, read("noPrompt"))]),
        absentNumbers(missingLines(missing)),
      ),
      readout.element,
    ),
    table.element,
  );

  const shownKeys = (): MeasureKey[] => KEYS.filter((one) => columns.has(one) && !(one in missing));
  const columnLabel = (one: MeasureKey): string => {
    const { label, unit } = MEASURES[one];
    return `${label}${unit === "" || unit === "FLOP" ? "" : `, ${unit}`} (${provenanceOf(one)})`;
  };
  const kindName = (kind: "part" | "draft", token: number): string =>
    KIND_NAMES[kind][read(kind)[token] ?? 0] ?? "";

  function lookOf(token: number): Look {
    if (isKind(colour))
      return { ground: "", ink: "", classes: `vt-${colour}-${read(colour)[token] ?? 0}` };
    const value = numberOf(colour, token);
    const t = strength(value, span, scale);
    if (Number.isNaN(t)) return { ground: "", ink: "", classes: "vt-none" };
    const ground =
      span.min < 0
        ? divergingScale(shell.theme)(value / Math.max(-span.min, span.max))
        : rampColour(shell.theme, t);
    const classes = Number.isFinite(value) ? "" : "vt-infinite";
    return { ground, ink: inkOnColour(ground), classes };
  }

  function repaint(): void {
    const values = isKind(colour) ? null : (columns.get(colour) ?? null);
    span = spanOf(values ?? new Float64Array(0));
    scales.element.hidden = isKind(colour) || span.min < 0;
    text.paint(lookOf);
    key.draw({
      ...{ colour, scale, span, theme: shell.theme },
      kinds: isKind(colour) ? read(colour) : null,
      provenance: isKind(colour) ? "measured" : provenanceOf(colour),
      absence: isKind(colour) || values !== null ? "" : (problems.get(colour) ?? "reading…"),
    });
    mark();
    table.refresh();
  }

  function mark(): void {
    const lit = litToken(bus.state);
    text.mark(lit, bus.state.pinned?.token ?? null);
    const token = lit !== null && lit < nTokens ? lit : null;
    readout.draw(token === null ? null : readoutOf(token));
    alternatives.rest(token !== null && token > 0 && !("entropy" in missing) ? token : null);
  }
  function readoutOf(token: number) {
    const draft = read("rejected")[token];
    const isDrafted = !("draft" in missing);
    const known = alternatives.of(token);
    const rows = KEYS.filter((one) => !(one in missing)).map((one) => rowOf(one, token));
    return {
      token,
      id: ids[token] ?? -1,
      text: texts[token] ?? "",
      part: kindName("part", token),
      rows: isDrafted
        ? [
            ...rows,
            {
              label: "draft",
              value: `${kindName("draft", token)}${draft === undefined ? "" : `: ${visibleToken(draft)}`}`,
              provenance: "measured" as const,
            },
          ]
        : rows,
      alternatives:
        token === 0
          ? "The first token stands behind no other: nothing was expected there."
          : (known ??
            (missing.entropy ? `Alternatives: ${missing.entropy}.` : "reading the alternatives…")),
    };
  }

  /** A measure that was not asked for of all tokens may be known of this one. */
  function rowOf(one: MeasureKey, token: number) {
    const { label } = MEASURES[one];
    const told = alternatives.of(token);
    if (columns.has(one))
      return {
        label,
        value: isUncomputed(one, token)
          ? "not computed: promptLogprobs false"
          : formatMeasure(one, numberOf(one, token)),
        provenance: isUncomputed(one, token) ? ("" as const) : provenanceOf(one),
      };
    if (typeof told === "object" && (one === "entropy" || one === "rank")) {
      const value = one === "rank" ? told.rank : told.entropyBits;
      return { label, value: formatMeasure(one, value), provenance: told.provenance };
    }
    return { label, value: "not asked for", provenance: "" as const };
  }

  const isUncomputed = (one: MeasureKey, token: number): boolean =>
    read("noPrompt") !== "" &&
    (one === "probability" || one === "surprisal") &&
    token > 0 &&
    kindName("part", token) === "prompt";

  const spoken = (token: number): string =>
    `${visibleToken(texts[token] ?? "")}, ${
      isKind(colour)
        ? kindName(colour, token)
        : `${labelOf(colour)} ${formatMeasure(colour, numberOf(colour, token))}`
    }`;

  bus.subscribe(() => mark(), signal);
  takeColumns();
  repaint();
  return () => shell.destroy();
}

const HELP =
  "Spaces are ·, line ends ⏎; bytes that are no text are \\xNN. A dotted line: no number. Left and right choose a token, up and down a line, Enter pins, Esc clears. What is lit here is lit in the other pictures of the run.";

function plain(value: number): string {
  return Number.isNaN(value) ? "" : String(value);
}

export default { render } satisfies AfmView;
