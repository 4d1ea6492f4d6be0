import { type AfmView, alignedBuffer, type RenderContext } from "../render/afm.ts";
import { askKernel } from "../render/askKernel.ts";
import { dataTable } from "../render/dataTable.ts";
import { element } from "../render/element.ts";
import { exactF32 } from "../render/formatNumber.ts";
import { litToken, type SelectionState, selectionBus } from "../render/selection.ts";
import { createShell } from "../render/shell.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { BLOCK_TOKENS, type RouteBlock, type RoutingState, routeOf, unpackBlock } from "./data.ts";
import { createRouteGrid, type RoutePlace } from "./routeGrid.ts";
import { createRouteReadout } from "./routeReadout.ts";
import { STYLES } from "./styles.ts";

/** A refused question may be asked again after this long: the kernel may only have been busy. */
const RETRY_MS = 5000;

const HELP =
  "Place within a cell is the expert's number, 0 at the left; colour is its weight. Bars count the tokens sent to each expert; dashed is a uniform load, × the busiest expert against it. Up and down choose a token, left and right a layer, Enter pins, Esc clears.";

function render({ model, el }: RenderContext): () => void {
  const read = <K extends keyof RoutingState>(key: K): RoutingState[K] =>
    model.get(key) as RoutingState[K];
  const layers = read("layers");
  const nExperts = read("nExperts");
  const k = read("nExpertsPerToken");
  const tokenTexts = read("tokenTexts");
  const nTokens = tokenTexts.length;
  const bus = selectionBus(read("runId"));

  const shell = createShell({
    ...{ el, model },
    title: "Routing",
    subtitle: read("refusal")
      ? read("subtitle")
      : `${read("subtitle")} · top ${k} of ${nExperts} experts`,
    description:
      read("refusal") || `experts chosen for ${nTokens} tokens in ${layers.length} layers`,
    styles: STYLES,
    redraw: () => {
      if (!read("refusal")) draw();
    },
  });
  const { signal } = shell;
  if (read("refusal")) {
    shell.body.append(element("p", { class: "vt-refusal" }, read("refusal")));
    return () => shell.destroy();
  }

  const ask = askKernel(model, signal);
  const blocks = new Map<number, RouteBlock>();
  const scores = new Map<number, Float32Array>();
  const asked = new Set<string>();
  let error: string | null = null;
  const seed = alignedBuffer(read("block"));
  if (seed.byteLength > 0) blocks.set(0, unpackBlock(seed, 0, layers.length, k));
  /** The MoE layer the reader looks at: under the pointer, or moved to by keyboard. */
  let row = 0;

  const once = (
    key: string,
    kind: string,
    question: Record<string, unknown>,
    take: (b: ArrayBuffer) => void,
  ): void => {
    if (asked.has(key)) return;
    asked.add(key);
    ask(kind, question)
      .then(({ buffers }) => {
        error = null;
        take(buffers[0] ?? new ArrayBuffer(0));
      })
      .catch((reason: unknown) => {
        error = reason instanceof Error ? reason.message : String(reason);
        setTimeout(() => asked.delete(key), RETRY_MS);
      })
      .finally(() => schedule());
  };
  const blockOf = (token: number): RouteBlock | null => {
    const start = Math.floor(token / BLOCK_TOKENS) * BLOCK_TOKENS;
    const known = blocks.get(start);
    if (!known)
      once(`block ${start}`, "block", { start }, (buffer) => {
        blocks.set(start, unpackBlock(buffer, start, layers.length, k));
      });
    return known ?? null;
  };
  const scoresOf = (token: number): Float32Array | null => {
    const known = scores.get(token);
    if (!known)
      once(`scores ${token}`, "scores", { token }, (buffer) => {
        scores.set(token, new Float32Array(buffer));
      });
    return known ?? null;
  };

  const selectionOf = (place: RoutePlace) => ({
    token: place.token,
    layer: layers[place.row] ?? null,
    expert: place.expert,
  });
  const grid = createRouteGrid({
    tokenTexts,
    layers,
    nExperts,
    nExpertsPerToken: k,
    load: new Float32Array(alignedBuffer(read("load"))),
    blockOf,
    signal,
    onPoint: (place) => {
      if (place) row = place.row;
      bus.hover(place && selectionOf(place));
    },
    onPin: (place) => bus.pin({ token: place.token, layer: layers[place.row] ?? null }),
    onScroll: () => schedule(),
  });
  const readout = createRouteReadout();
  const table = dataTable({
    caption: () =>
      `Experts chosen, in descending weight, with router entropy; all kept from the run`,
    columns: () => [
      { label: "position", isNumber: true },
      { label: "token", isNumber: false },
      { label: "layer", isNumber: true },
      { label: "experts", isNumber: false },
      { label: "weights", isNumber: false },
      { label: "entropy, bits", isNumber: true },
    ],
    nRows: () => nTokens * layers.length,
    row: (i) => {
      const token = Math.floor(i / layers.length);
      const at = i % layers.length;
      const block = blockOf(token);
      const route = block && routeOf(block, k, at, token);
      return [
        String(token),
        visibleToken(tokenTexts[token] ?? ""),
        String(layers[at]),
        route ? route.experts.join(", ") : "…",
        route ? route.weights.map(exactF32).join(", ") : "…",
        route ? exactF32(route.entropyBits) : "…",
      ];
    },
  });
  shell.actions.append(table.toggle);
  const stage = element("div", { class: "vt-routing" }, grid.element, readout.element);
  const note = element("p", { class: "vt-note" }, HELP);
  shell.body.append(stage, table.element, note);

  grid.canvas.addEventListener(
    "keydown",
    (e) => {
      const at = litToken(bus.state) ?? -1;
      let token = at;
      if (e.key === "ArrowDown") token = Math.min(nTokens - 1, at + 1);
      else if (e.key === "ArrowUp") token = Math.max(0, at - 1);
      else if (e.key === "ArrowRight") row = Math.min(layers.length - 1, row + 1);
      else if (e.key === "ArrowLeft") row = Math.max(0, row - 1);
      else if (e.key === "Enter" && at >= 0) bus.pin({ token: at, layer: layers[row] ?? null });
      else if (e.key === "Escape") {
        bus.hover(null);
        bus.pin(null);
      } else return;
      e.preventDefault();
      if (!e.key.startsWith("Arrow")) return;
      token = Math.max(0, token);
      grid.scrollTo(token);
      bus.hover({ token, layer: layers[row] ?? null });
      const block = blockOf(token);
      const route = block && routeOf(block, k, row, token);
      shell.announce(
        `${visibleToken(tokenTexts[token] ?? "")}, layer ${layers[row]}: ${
          route
            ? route.experts
                .map((x, j) => `expert ${x} weight ${exactF32(route.weights[j] ?? 0)}`)
                .join(", ")
            : "reading"
        }`,
      );
    },
    { signal },
  );

  let scheduled = 0;
  function schedule(): void {
    cancelAnimationFrame(scheduled);
    scheduled = requestAnimationFrame(() => draw());
  }
  signal.addEventListener("abort", () => cancelAnimationFrame(scheduled));
  bus.subscribe((state) => {
    const lit = state.hovered ?? state.pinned;
    const at = lit && lit.layer !== null ? layers.indexOf(lit.layer) : -1;
    if (at >= 0) row = at;
    schedule();
  }, signal);

  function draw(): void {
    const state: SelectionState = bus.state;
    const token = litToken(state);
    const lit = state.hovered ?? state.pinned;
    if (token !== null && !grid.canvas.matches(":hover")) grid.scrollTo(token);
    const isWide = shell.root.dataset.vtWidth !== "narrow";
    grid.draw(
      {
        place: token === null ? null : { token, row },
        pinnedToken: state.pinned?.token ?? null,
        expert: lit?.expert ?? null,
      },
      shell.theme,
      stage.clientWidth - (isWide ? 308 : 0),
    );
    readout.draw(token === null || token >= nTokens ? null : readoutOf(token), shell.theme);
    note.textContent = error ?? HELP;
    note.classList.toggle("vt-warning", error !== null);
    table.refresh();
  }

  function readoutOf(token: number) {
    const block = blockOf(token);
    const all = scoresOf(token);
    return {
      token,
      text: tokenTexts[token] ?? "",
      layer: layers[row] ?? 0,
      route: block && routeOf(block, k, row, token),
      scores: all?.subarray(row * nExperts, (row + 1) * nExperts) ?? null,
      error,
      nExperts,
    };
  }

  return () => shell.destroy();
}

export default { render } satisfies AfmView;
