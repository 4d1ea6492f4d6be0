import { type Control, dropdown, segmented } from "../render/controls.ts";
import { element } from "../render/element.ts";
import type { CacheLayer, MatrixPlace, Part } from "./data.ts";
import { partAt } from "./looking.ts";

const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ value: String(i), label: String(i) }));

/** Which layer, part and head; the last two as the layer has them. */
export function createPlaceControls(
  layers: readonly CacheLayer[],
  first: MatrixPlace,
  onChange: (change: Partial<MatrixPlace>) => void,
): { readonly element: HTMLElement; draw(place: MatrixPlace): void } {
  const layer = dropdown("Layer", numbered(layers.length), String(first.layer), (value) =>
    onChange({ layer: Number(value) }),
  );
  const partHost = element("span", {});
  const headHost = element("span", {});
  let part: Control<Part> | null = null;
  let head: Control<string> | null = null;
  let shownParts = "";
  let shownHeads = -1;
  return {
    element: element("span", { class: "vt-place" }, layer.element, partHost, headHost),
    draw(place) {
      layer.value = String(place.layer);
      const parts = layers[place.layer]?.parts ?? [];
      const names = parts.map((each) => `${each.part} ${each.provenance}`).join();
      if (names !== shownParts) {
        part = segmented<Part>(
          "Numbers",
          parts.map((each) => ({
            value: each.part,
            label: each.part,
            title:
              each.provenance === "measured"
                ? "as they lie in the cache"
                : "recomputed from the cached latent for one head",
          })),
          place.part,
          (value) => onChange({ part: value }),
        );
        partHost.replaceChildren(part.element);
        shownParts = names;
      }
      const { nHeads } = partAt(layers, place);
      if (nHeads !== shownHeads) {
        head = dropdown("Head", numbered(nHeads), String(place.head), (value) =>
          onChange({ head: Number(value) }),
        );
        headHost.replaceChildren(head.element);
        headHost.hidden = nHeads === 0;
        shownHeads = nHeads;
      }
      if (part) part.value = place.part;
      if (head) head.value = String(place.head);
    },
  };
}
