import { element } from "../../widgets/render/element.ts";

const LABELS = { reasoning: "It thinks", content: "It answers" } as const;

/** The text that the model goes on with, as it comes: what it thinks apart from what it says. */
export class Reply {
  readonly #place: HTMLElement;

  constructor(place: HTMLElement) {
    this.#place = place;
  }

  /** @param before what the text goes on from; null for a reply of its own */
  begin(before: string | null): void {
    this.#place.replaceChildren();
    this.#place.hidden = false;
    if (before !== null) this.#place.append(element("span", { class: "before" }, before));
  }

  add(part: "reasoning" | "content", text: string): void {
    const last = this.#place.lastElementChild;
    if (last?.className === part) {
      last.append(text);
      return;
    }
    if (part === "reasoning" || last?.className === "reasoning")
      this.#place.append(element("span", { class: "label" }, LABELS[part]));
    this.#place.append(element("span", { class: part }, text));
  }

  clear(): void {
    this.#place.replaceChildren();
    this.#place.hidden = true;
  }
}
