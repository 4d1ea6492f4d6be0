import { ButtonBase, TextBase } from "./schemaControls.ts";

type Listener = () => void | Promise<void>;

/** A button; `onClick` says what it does. */
export class Button extends ButtonBase {
  readonly #listeners = new Set<Listener>();

  /** Calls `listener` at each click. Returns what ends it. */
  onClick(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  protected override async receive(content: unknown): Promise<void> {
    if ((content as { event?: unknown }).event !== "click") return;
    await Promise.all([...this.#listeners].map(async (listener) => listener()));
  }
}

/** A line of text; `onSubmit` hears of Enter. */
export class Text extends TextBase {
  readonly #listeners = new Set<(value: string) => void | Promise<void>>();

  /** Calls `listener` with the text when Enter is pressed in it. Returns what ends it. */
  onSubmit(listener: (value: string) => void | Promise<void>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  protected override async receive(content: unknown): Promise<void> {
    if ((content as { event?: unknown }).event !== "submit") return;
    await Promise.all([...this.#listeners].map(async (listener) => listener(this.value)));
  }
}
