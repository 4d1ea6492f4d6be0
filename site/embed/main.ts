import type { HeightMessage } from "../page/tellHeight.ts";

/** Attributes of the element that become part of the link, by the same names. */
const ATTRIBUTES = ["text", "as", "show", "backend", "theme"] as const;

/** Where this script came from: the live page lies beside it. @throws Error where the script has no address of its own */
function ownAddress(): string {
  const current = document.currentScript as HTMLScriptElement | null; // null in a module
  const named = [...document.scripts].find(({ src }) => /\/embed\.js([?#]|$)/.test(src));
  const address = current?.src || named?.src;
  if (address) return address;
  throw new Error(
    'vitrine-model: expected <script src="…/live/embed.js">, got a script without such an address. Load the file from the site that has it.',
  );
}

const PAGE = new URL("index.html", ownAddress());

/** `<vitrine-model text="…" as="chat" show="attention">`: the live page in a frame that is as high as what it shows. */
class VitrineModel extends HTMLElement {
  static readonly observedAttributes = [...ATTRIBUTES, "title"];
  readonly #frame = document.createElement("iframe");
  /** Whether the page is there, and hears of what changes; before that, its address says all. */
  #isLoaded = false;
  #isToldSoon = false;

  readonly #hear = ({ source, data }: MessageEvent<HeightMessage>): void => {
    if (source !== this.#frame.contentWindow || data?.kind !== "vitrine-height") return;
    if (Number.isFinite(data.height)) this.#frame.style.height = `${data.height}px`;
  };

  constructor() {
    super();
    this.#frame.loading = "lazy";
    this.#frame.style.cssText = "border:0;width:100%;height:640px;display:block;color-scheme:auto";
    this.#frame.addEventListener("load", () => {
      this.#isLoaded = true;
    });
  }

  connectedCallback(): void {
    addEventListener("message", this.#hear);
    this.style.display ||= "block";
    this.#name();
    this.#isLoaded = false; // a frame that is moved loads its page again
    this.#frame.src = this.#address();
    if (this.#frame.parentNode !== this) this.append(this.#frame);
  }

  disconnectedCallback(): void {
    removeEventListener("message", this.#hear);
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (before === now || !this.isConnected) return;
    if (name === "title") this.#name();
    else this.#tellSoon();
  }

  #name(): void {
    this.#frame.title = this.getAttribute("title") ?? "A language model in this page";
  }

  /** Several attributes that change at once are one change, and none is a step in the history of the page around. */
  #tellSoon(): void {
    if (this.#isToldSoon) return;
    this.#isToldSoon = true;
    queueMicrotask(() => {
      this.#isToldSoon = false;
      if (!this.isConnected) return;
      if (this.#isLoaded) this.#frame.contentWindow?.location.replace(this.#address());
      else this.#frame.src = this.#address();
    });
  }

  #address(): string {
    const said = new URLSearchParams({ embedded: "" });
    for (const name of ATTRIBUTES) {
      const value = this.getAttribute(name);
      if (value !== null) said.set(name, value);
    }
    return `${PAGE.href}#${said}`;
  }
}

if (customElements.get("vitrine-model") === undefined)
  customElements.define("vitrine-model", VitrineModel);
