import { element } from "../render/element.ts";
import { exactF32 } from "../render/formatNumber.ts";
import { litToken } from "../render/selection.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { routeOf } from "./data.ts";
import type { RoutingPage, RoutingTab } from "./page.ts";
import { createRouteGrid } from "./routeGrid.ts";
import { createRouteReadout } from "./routeReadout.ts";

/** All tokens by all layers, every expert at its place, with one route in full beside them. */
export function routesTab(page: RoutingPage, load: Float32Array): RoutingTab {
  const { shell, bus, store, layers, nExperts, k, tokenTexts } = page;
  const nTokens = tokenTexts.length;
  const grid = createRouteGrid({
    ...{ tokenTexts, layers, nExperts, nExpertsPerToken: k, load },
    blockOf: store.blockOf,
    signal: shell.signal,
    onPoint: (place) =>
      page.point(
        place && {
          token: place.token,
          row: place.row,
          ...(place.expert !== null && { expert: place.expert }),
        },
      ),
    onPin: ({ token, row }) => page.pin({ token, row }),
    onScroll: () => page.schedule(),
  });
  const readout = createRouteReadout();
  const stage = element("div", { class: "vt-routing" }, grid.element, readout.element);

  grid.canvas.addEventListener(
    "keydown",
    (e) => {
      const at = litToken(bus.state) ?? -1;
      let token = at;
      let { row } = page.place;
      if (e.key === "ArrowDown") token = Math.min(nTokens - 1, at + 1);
      else if (e.key === "ArrowUp") token = Math.max(0, at - 1);
      else if (e.key === "ArrowRight") row = Math.min(layers.length - 1, row + 1);
      else if (e.key === "ArrowLeft") row = Math.max(0, row - 1);
      else if (e.key === "Enter" && at >= 0) page.pin({ token: at, row });
      else if (e.key === "Escape") page.clear();
      else return;
      e.preventDefault();
      if (!e.key.startsWith("Arrow")) return;
      token = Math.max(0, token);
      grid.scrollTo(token);
      page.point({ token, row });
      shell.announce(routeText(page, token, row));
    },
    { signal: shell.signal },
  );

  function readoutOf(token: number) {
    const { row } = page.place;
    const block = store.blockOf(token);
    return {
      ...{ token, nExperts, error: store.error },
      text: tokenTexts[token] ?? "",
      layer: layers[row] ?? 0,
      route: block && routeOf(block, k, row, token),
      scores: store.scoresOf(token)?.subarray(row * nExperts, (row + 1) * nExperts) ?? null,
    };
  }

  return {
    element: stage,
    help: "Place within a cell is the expert's number, 0 at the left; colour is its weight. Bars count the tokens sent to each expert; dashed is a uniform load, × the busiest expert against it. Up and down choose a token, left and right a layer, Enter pins, Esc clears.",
    table: routesTable(page),
    draw() {
      const { state } = bus;
      const token = litToken(state);
      const lit = state.hovered ?? state.pinned;
      if (token !== null && !grid.canvas.matches(":hover")) grid.scrollTo(token);
      grid.draw(
        {
          place: token === null ? null : { token, row: page.place.row },
          pinnedToken: state.pinned?.token ?? null,
          expert: lit?.expert ?? null,
        },
        shell.theme,
        stage.clientWidth - (shell.root.dataset.vtWidth === "narrow" ? 0 : 308),
      );
      readout.draw(token === null || token >= nTokens ? null : readoutOf(token), shell.theme);
    },
  };
}

function routeText({ store, layers, tokenTexts, k }: RoutingPage, token: number, row: number) {
  const block = store.blockOf(token);
  const route = block && routeOf(block, k, row, token);
  const said = route
    ? route.experts
        .map((x, j) => `expert ${x} weight ${exactF32(route.weights[j] ?? 0)}`)
        .join(", ")
    : "reading";
  return `${visibleToken(tokenTexts[token] ?? "")}, layer ${layers[row]}: ${said}`;
}

function routesTable({ store, layers, tokenTexts, k }: RoutingPage): RoutingTab["table"] {
  return {
    caption: () =>
      "Experts chosen, in descending weight, with router entropy; all kept from the run",
    columns: () => [
      { label: "position", isNumber: true },
      { label: "token", isNumber: false },
      { label: "layer", isNumber: true },
      { label: "experts", isNumber: false },
      { label: "weights", isNumber: false },
      { label: "entropy, bits", isNumber: true },
    ],
    nRows: () => tokenTexts.length * layers.length,
    row: (i) => {
      const token = Math.floor(i / layers.length);
      const at = i % layers.length;
      const block = store.blockOf(token);
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
  };
}
