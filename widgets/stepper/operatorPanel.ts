import { element } from "../render/element.ts";
import { shapeText, withoutLayer } from "./data.ts";
import type { NamedShape, OperatorSource } from "./stepperSource.ts";

/** What flows into and out of an operator, and its weights. */
export function createOperatorPanel(): {
  readonly element: HTMLElement;
  draw(title: string, operator: OperatorSource | null, next: OperatorSource | null): void;
} {
  const host = element("div", { class: "vt-operator" });
  return {
    element: host,
    draw(title, operator, next) {
      const heading =
        operator === null
          ? "Nothing has been executed yet"
          : `${operator.kind}${operator.layer === null ? "" : ` · layer ${operator.layer}`} · operator ${operator.index}`;
      host.replaceChildren(
        element("p", { class: "vt-operator-title" }, title),
        element("h4", {}, heading),
        operator === null
          ? element("p", { class: "vt-muted" }, "Go on by one operator to see what flows.")
          : element(
              "dl",
              {},
              ...values("reads", operator.reads),
              ...values("writes", operator.writes),
              ...list("weights", operator.weights.map(withoutLayer)),
              ...list("sites", operator.sites.map(withoutLayer)),
            ),
        element(
          "p",
          { class: "vt-muted vt-next" },
          next === null
            ? "Behind it: nothing, the step is at its end."
            : `Comes next: ${next.kind}${next.layer === null ? "" : ` of layer ${next.layer}`}`,
        ),
      );
    },
  };
}

const values = (label: string, of: readonly NamedShape[]): HTMLElement[] =>
  list(
    label,
    of.map((each) => shapeText({ ...each, name: withoutLayer(each.name) })),
  );

function list(label: string, texts: readonly string[]): HTMLElement[] {
  if (texts.length === 0) return [];
  return [
    element("dt", {}, label),
    element("dd", {}, ...texts.map((text) => element("code", {}, text))),
  ];
}
