import type {
  AnatomyOperator,
  AnatomyPart,
  AnatomySite,
  AnatomyValue,
} from "../../engine/trace/schema.ts";
import { CLASS_NAMES } from "../cost/data.ts";
import { element } from "../render/element.ts";
import { percent, siNumber } from "../render/formatNumber.ts";
import { nameAt, operatorName, operatorParameters, shapeLetters, shapeNumbers } from "./data.ts";

/** What the chosen operator does, with its shapes in letters and numbers, and the sites there under names that `run.get` takes. */
export function createOperatorReadout(announce: (text: string) => void): {
  readonly element: HTMLElement;
  draw(part: AnatomyPart, operator: AnatomyOperator, layer: number | null): void;
} {
  const host = element("div", { class: "vt-anatomy-readout" });
  return {
    element: host,
    draw(part, operator, layer) {
      const { parameters, active } = operatorParameters(operator);
      const isFirst = part.operators[0] === operator;
      const entering = isFirst ? part.entering : [];
      const terms: (readonly [string, readonly HTMLElement[]])[] = [
        ["reads", operator.reads.map((value) => tensor(value, layer))],
        ["weights", operator.weights.map((value) => tensor(value, layer))],
        ["writes", operator.writes.map((value) => tensor(value, layer))],
        ["part", [element("span", {}, CLASS_NAMES[operator.costClass])]],
        ["parameters", [element("span", {}, countText(parameters, active, part))]],
      ];
      const shown = [
        element("h4", {}, operatorName(operator), " ", kindOf(operator)),
        element("p", {}, operator.does),
        element(
          "dl",
          {},
          ...terms
            .filter(([, values]) => values.length > 0)
            .flatMap(([term, values]) => [element("dt", {}, term), element("dd", {}, ...values)]),
        ),
        siteCards("Sites here", operator.sites, layer, announce),
        siteCards("Sites of what enters", entering, layer, announce),
      ];
      host.replaceChildren(...shown.filter((part) => part !== null));
    },
  };
}

function kindOf({ kind }: AnatomyOperator): HTMLElement {
  return element("span", { class: "vt-muted" }, kind);
}

/** "7.52 G in each layer (7516192768); a token meets 3.1 %" */
function countText(parameters: number, active: number, { kind, layers }: AnatomyPart): string {
  if (parameters === 0) return "none";
  const each = layers.length > 1 ? " in each layer" : "";
  const use =
    kind === "drafts"
      ? "they only draft"
      : `a token meets ${active === parameters ? "all" : percent(active / parameters)}`;
  return `${siNumber(parameters)}${each} (${parameters}); ${use}`;
}

function tensor({ name, axes }: AnatomyValue, layer: number | null): HTMLElement {
  const letters = shapeLetters(axes);
  const numbers = shapeNumbers(axes);
  return element(
    "span",
    {},
    element("code", {}, nameAt(name, layer)),
    " ",
    element(
      "code",
      { class: "vt-class-name" },
      letters === numbers ? letters : `${letters} = ${numbers}`,
    ),
  );
}

function siteCards(
  title: string,
  sites: readonly AnatomySite[],
  layer: number | null,
  announce: (text: string) => void,
): HTMLElement | null {
  if (sites.length === 0) return null;
  return element(
    "div",
    {},
    element("h4", {}, title),
    element(
      "ul",
      { class: "vt-site-cards" },
      ...sites.map((site) => {
        const name = nameAt(site.name, layer);
        const code = element("code", {}, name);
        return element(
          "li",
          {},
          code,
          copyButton(name, code, announce),
          element(
            "p",
            {},
            `(${site.dims.join(", ")}) = (${site.shape.join(", ")}). ${site.meaning}`,
          ),
        );
      }),
    ),
  );
}

/** Copies a name; where the page may not, it is marked for the reader to copy. */
function copyButton(
  name: string,
  code: HTMLElement,
  announce: (text: string) => void,
): HTMLButtonElement {
  const button = element(
    "button",
    { type: "button", class: "vt-button", title: `Copy ${name}`, "aria-label": `Copy ${name}` },
    "copy",
  );
  button.addEventListener("click", () => {
    copyText(name).then(
      () => {
        button.textContent = "copied";
        announce(`copied ${name}`);
      },
      () => {
        getSelection()?.selectAllChildren(code);
        announce(`${name} is marked: copy it`);
      },
    );
  });
  return button;
}

async function copyText(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}
