import { type Control, dropdown, segmented } from "../render/controls.ts";
import { element } from "../render/element.ts";
import type { Kind, SparseLayer } from "./data.ts";
import type { ScaleName } from "./paintCells.ts";
import type { Place } from "./store.ts";

/** What is looked at. */
export interface Look {
  readonly place: Place;
  readonly kind: Kind;
  readonly scale: ScaleName;
}

const numbered = (numbers: readonly number[]) =>
  numbers.map((n) => ({ value: String(n), label: String(n) }));

/** Which layer and head, what cells show, and how their colours grow. */
export function createPlaceControls(
  layers: readonly SparseLayer[],
  first: Look,
  onChange: (change: Partial<Place> | Partial<Omit<Look, "place">>) => void,
): { readonly elements: readonly HTMLElement[]; draw(look: Look): void } {
  const layer = dropdown(
    "Layer",
    numbered(layers.map((each) => each.layer)),
    String(first.place.layer),
    (value) => onChange({ layer: Number(value) }),
  );
  const headHost = element("span", {});
  let head: Control<string> | null = null;
  let nHeads = -1;
  const kind = segmented<Kind>(
    "Cells",
    [
      { value: "kept", label: "kept keys", title: "which keys each query kept (measured)" },
      { value: "scores", label: "index scores", title: "what the indexer chose by (measured)" },
      {
        value: "weights",
        label: "weights without selection",
        title: "the head's weights if no key had been left out (recomputed)",
      },
    ],
    first.kind,
    (value) => onChange({ kind: value }),
  );
  const scale = segmented<ScaleName>(
    "Scale",
    [
      { value: "linear", label: "linear", title: "full colour is the number farthest from 0" },
      { value: "log", label: "log", title: "four decades below the number farthest from 0" },
    ],
    first.scale,
    (value) => onChange({ scale: value }),
  );
  return {
    elements: [layer.element, headHost, kind.element, scale.element],
    draw(look) {
      const { place } = look;
      layer.value = String(place.layer);
      const count = layers.find((each) => each.layer === place.layer)?.nHeads ?? 0;
      if (count !== nHeads) {
        nHeads = count;
        const heads = numbered(Array.from({ length: count }, (_, i) => i));
        head = dropdown("Head", heads, String(place.head), (value) =>
          onChange({ head: Number(value) }),
        );
        headHost.replaceChildren(head.element);
      }
      if (head) head.value = String(place.head);
      kind.value = look.kind;
      scale.element.hidden = look.kind === "kept";
    },
  };
}
