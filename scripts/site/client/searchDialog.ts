import type { SearchResult } from "minisearch";
import { loadIndex } from "./loadIndex.ts";

const MAX_RESULTS = 30;

/** The dialog in which the site is searched: letters find, arrows choose, Enter goes there, Escape closes. */
export class SearchDialog {
  readonly #root: string;
  readonly #dialog = document.createElement("dialog");
  readonly #field = document.createElement("input");
  readonly #list = document.createElement("ul");
  readonly #said = document.createElement("p");
  #chosen = -1;

  /** @param root address of the site's first folder, from the page */
  constructor(root: string) {
    this.#root = root;
    this.#dialog.className = "search";
    this.#dialog.setAttribute("aria-label", "Search");
    const field = this.#field;
    field.type = "search";
    field.placeholder = "Search the documentation and the notebooks";
    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-label": "Search",
      "aria-controls": "search-results",
      "aria-expanded": "false",
      "aria-autocomplete": "list",
      autocomplete: "off",
      spellcheck: "false",
    }))
      field.setAttribute(name, value);
    this.#list.id = "search-results";
    this.#list.setAttribute("role", "listbox");
    this.#list.setAttribute("aria-label", "Results");
    this.#list.hidden = true;
    this.#said.setAttribute("role", "status");
    this.#dialog.append(field, this.#said, this.#list);
    document.body.append(this.#dialog);
    field.addEventListener("input", () => void this.#search());
    field.addEventListener("keydown", (event) => this.#key(event));
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  open(): void {
    if (this.#dialog.open) return;
    this.#dialog.showModal();
    this.#field.select();
    void this.#search();
  }

  async #search(): Promise<void> {
    const text = this.#field.value.trim();
    try {
      const index = await loadIndex(this.#root);
      if (text !== this.#field.value.trim()) return; // more letters came meanwhile
      this.#show(text === "" ? [] : index.search(text), text);
    } catch (error) {
      this.#show([], text);
      this.#said.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  #show(results: readonly SearchResult[], text: string): void {
    const shown = results.slice(0, MAX_RESULTS);
    this.#list.replaceChildren(...shown.map((result, i) => this.#option(result, i)));
    this.#list.hidden = shown.length === 0;
    this.#field.setAttribute("aria-expanded", String(shown.length > 0));
    this.#said.textContent = said(results.length, text);
    this.#choose(shown.length > 0 ? 0 : -1);
  }

  #option({ id, heading, page, excerpt }: SearchResult, i: number): HTMLElement {
    const option = document.createElement("li");
    option.id = `search-result-${i}`;
    option.setAttribute("role", "option");
    option.dataset.to = this.#root + String(id);
    const parts = [
      ["strong", heading],
      ["span", heading === page ? "" : page],
      ["small", excerpt],
    ] as const;
    for (const [name, content] of parts) {
      const part = document.createElement(name);
      part.textContent = String(content);
      option.append(part, " ");
    }
    option.addEventListener("click", () => this.#go(option));
    option.addEventListener("pointermove", () => this.#choose(i));
    return option;
  }

  #choose(i: number): void {
    const options = [...this.#list.children] as HTMLElement[];
    this.#chosen = i;
    for (const [at, option] of options.entries())
      option.setAttribute("aria-selected", String(at === i));
    const chosen = options[i];
    if (chosen === undefined) this.#field.removeAttribute("aria-activedescendant");
    else {
      this.#field.setAttribute("aria-activedescendant", chosen.id);
      chosen.scrollIntoView({ block: "nearest" });
    }
  }

  #key(event: KeyboardEvent): void {
    const n = this.#list.children.length;
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step !== undefined && n > 0) {
      event.preventDefault();
      this.#choose((this.#chosen + step + n) % n);
    } else if (event.key === "Escape") {
      event.preventDefault(); // which would empty the field first
      this.#dialog.close();
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      const option = this.#list.children[this.#chosen];
      if (option instanceof HTMLElement) this.#go(option);
    }
  }

  #go({ dataset }: HTMLElement): void {
    this.#dialog.close();
    if (dataset.to !== undefined) location.href = new URL(dataset.to, document.baseURI).href;
  }
}

function said(n: number, text: string): string {
  if (text === "") return "";
  if (n === 0) return `Nothing has all words of "${text}".`;
  return n > MAX_RESULTS
    ? `${n} places, the first ${MAX_RESULTS}`
    : n === 1
      ? "1 place"
      : `${n} places`;
}
