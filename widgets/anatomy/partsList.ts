import type { AnatomyPart } from "../../engine/trace/schema.ts";
import { drawSvg } from "../render/chart/drawSvg.ts";
import { element, svgElement } from "../render/element.ts";
import { createRovingList } from "../stepper/rovingList.ts";
import { parametersText, partName } from "./data.ts";
import { mosaic, mostParameters } from "./mosaic.ts";

const SQUARE = 76;

/** What of the model is looked at, and what another picture points at. */
export interface PartsDrawing {
  readonly part: number;
  /** Null outside of blocks. */
  readonly layer: number | null;
  readonly hoveredLayer: number | null;
}

interface PartsListOptions {
  readonly parts: readonly AnatomyPart[];
  readonly signal: AbortSignal;
  readonly onPart: (part: number) => void;
  readonly onLayer: (layer: number) => void;
  /** A layer under the pointer; null when it leaves. */
  readonly onHover: (layer: number | null) => void;
}

/** The model from input to output: a part each, with its square; blocks that are built alike open into their layers. */
export function createPartsList({ parts, signal, onPart, onLayer, onHover }: PartsListOptions): {
  readonly element: HTMLElement;
  draw(drawing: PartsDrawing): void;
} {
  const most = mostParameters(parts);
  const cards = parts.map((part, index) => createCard(part, most, () => onPart(index)));
  const cells = parts.map((part) => createCells(part, { signal, onLayer, onHover }));
  const list = element(
    "ul",
    { class: "vt-parts", "aria-label": "Parts of the model" },
    ...cards.map(({ button }, i) => element("li", {}, button, ...(cells[i]?.elements ?? []))),
  );
  list.addEventListener(
    "keydown",
    (e) => {
      const at = cards.findIndex(({ button }) => button.matches(":focus"));
      const by = { ArrowUp: -1, ArrowDown: 1 }[e.key];
      if (at < 0 || by === undefined) return;
      const next = Math.max(0, Math.min(cards.length - 1, at + by));
      e.preventDefault();
      cards[next]?.button.focus();
      onPart(next);
    },
    { signal },
  );
  return {
    element: list,
    draw(drawing) {
      cards.forEach(({ button, lit }, index) => {
        const layers = parts[index]?.layers ?? [];
        const isHere = index === drawing.part;
        button.setAttribute("aria-current", String(isHere));
        const pointed =
          drawing.hoveredLayer !== null && layers.includes(drawing.hoveredLayer)
            ? drawing.hoveredLayer
            : isHere && layers.length > 1
              ? drawing.layer
              : null;
        lit.textContent = pointed === null ? "" : `layer ${pointed}`;
        cells[index]?.draw(isHere ? drawing.layer : null, drawing.hoveredLayer);
      });
    },
  };
}

function createCard(part: AnatomyPart, most: number, onClick: () => void) {
  const lit = element("span", { class: "vt-lit-layer" });
  const square = svgElement("svg", { viewBox: `0 0 ${SQUARE} ${SQUARE}`, "aria-hidden": "true" });
  square.append(drawSvg(mosaic(part, most, SQUARE)));
  const button = element(
    "button",
    { type: "button", class: "vt-part" },
    square,
    element(
      "span",
      {},
      element("strong", {}, partName(part)),
      element("span", {}, part.title),
      element("span", { class: "vt-muted" }, parametersText(part)),
      lit,
    ),
  );
  button.addEventListener("click", onClick);
  return { button, lit };
}

/** The layers of a part, folded into one at first. */
function createCells(
  { layers }: AnatomyPart,
  { signal, onLayer, onHover }: Pick<PartsListOptions, "signal" | "onLayer" | "onHover">,
): {
  readonly elements: readonly HTMLElement[];
  draw(layer: number | null, hovered: number | null): void;
} {
  if (layers.length < 2) return { elements: [], draw: () => {} };
  const list = createRovingList(`Layers ${layers[0]} to ${layers.at(-1)}`, "toolbar", (index) =>
    onLayer(layers[index] ?? 0),
  );
  const host = element("div", { class: "vt-cells", hidden: true }, list.element);
  const fold = element(
    "button",
    { type: "button", class: "vt-button vt-fold", "aria-expanded": "false" },
    `× ${layers.length}`,
  );
  fold.title = `Show the ${layers.length} layers one by one`;
  fold.addEventListener("click", () => {
    host.hidden = !host.hidden;
    fold.setAttribute("aria-expanded", String(!host.hidden));
  });
  const buttons = (): HTMLButtonElement[] => [...list.element.querySelectorAll("button")];
  const layerAt = (target: EventTarget | null): number | null =>
    layers[target instanceof HTMLButtonElement ? buttons().indexOf(target) : -1] ?? null;
  list.element.addEventListener("pointerover", (e) => onHover(layerAt(e.target)), { signal });
  list.element.addEventListener("pointerleave", () => onHover(null), { signal });
  let drawn: number | null | undefined;
  return {
    elements: [fold, host],
    draw(layer, hovered) {
      if (layer !== drawn) {
        drawn = layer;
        list.draw(
          layers.map((one) => ({
            label: String(one),
            title: `layer ${one}`,
            isCurrent: one === layer,
          })),
        );
      }
      buttons().forEach((each, i) => {
        each.classList.toggle("vt-hovered", layers[i] === hovered);
      });
    },
  };
}
