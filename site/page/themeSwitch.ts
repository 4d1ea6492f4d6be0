import type { ThemeWish } from "./address.ts";

const NEXT: Readonly<Record<ThemeWish, ThemeWish>> = { auto: "light", light: "dark", dark: "auto" };
const WORDS: Readonly<Record<ThemeWish, string>> = {
  auto: "Colours: system",
  light: "Colours: light",
  dark: "Colours: dark",
};

/** A button that goes round: the system's colours, light, dark. The pictures follow what is painted behind them. */
export class ThemeSwitch {
  readonly #button: HTMLButtonElement;
  #wish: ThemeWish = "auto";

  constructor(button: HTMLButtonElement, onChange: () => void) {
    this.#button = button;
    button.addEventListener("click", () => {
      this.set(NEXT[this.#wish]);
      onChange();
    });
  }

  get wish(): ThemeWish {
    return this.#wish;
  }

  set(wish: ThemeWish): void {
    this.#wish = wish;
    this.#button.textContent = WORDS[wish];
    document.documentElement.classList.toggle("light", wish === "light");
    document.documentElement.classList.toggle("dark", wish === "dark");
  }
}
