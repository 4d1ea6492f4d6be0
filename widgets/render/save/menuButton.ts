import { button } from "../controls.ts";
import { element } from "../element.ts";

export interface MenuItem {
  readonly label: string;
  readonly title: string;
  /** What else there is to choose, or nothing: the menu closes then. A refusal is told in the menu. */
  readonly act: () => Promise<readonly MenuItem[] | undefined>;
}

/**
 * A button that opens a menu: arrows, Home, End and first letters move in it, Enter chooses, Esc and Tab close it.
 * @see https://www.w3.org/WAI/ARIA/apg/patterns/menu-button/
 */
export function menuButton(
  label: string,
  title: string,
  items: readonly MenuItem[],
  signal: AbortSignal,
): HTMLElement {
  const list = element("div", { role: "menu", "aria-label": label });
  const note = element("p", { role: "alert", hidden: true });
  const panel = element("div", { class: "vt-menu", hidden: true }, list, note);
  const opener = button(label, title, () => (panel.hidden ? open() : close()));
  opener.setAttribute("aria-haspopup", "menu");
  const host = element("div", { class: "vt-save" }, opener, panel);
  close();

  const buttons = (): HTMLButtonElement[] => [...list.querySelectorAll("button")];
  const focus = (at: number): void => {
    const all = buttons();
    all[(at + all.length) % all.length]?.focus();
  };

  function fill(shown: readonly MenuItem[]): void {
    list.replaceChildren(
      ...shown.map((item) => {
        const node = element(
          "button",
          { type: "button", role: "menuitem", tabindex: -1, title: item.title },
          item.label,
        );
        node.addEventListener("click", () => void choose(item));
        return node;
      }),
    );
  }

  function open(at = 0): void {
    fill(items);
    tell("");
    panel.hidden = false;
    opener.setAttribute("aria-expanded", "true");
    focus(at);
  }

  function close(): void {
    panel.hidden = true;
    opener.setAttribute("aria-expanded", "false");
  }

  function tell(text: string): void {
    note.textContent = text;
    note.hidden = text === "";
  }

  async function choose(item: MenuItem): Promise<void> {
    tell("");
    list.setAttribute("aria-busy", "true");
    try {
      const others = await item.act();
      if (others === undefined) {
        if (panel.contains(document.activeElement)) opener.focus();
        close();
      } else {
        fill(others);
        focus(0);
      }
    } catch (error) {
      tell(error instanceof Error ? error.message : String(error));
    } finally {
      list.removeAttribute("aria-busy");
    }
  }

  opener.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    open(event.key === "ArrowDown" ? 0 : -1);
  });
  panel.addEventListener("keydown", (event) => {
    event.stopPropagation(); // what a key does elsewhere in the picture it does not do here
    const all = buttons();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const startsWith = all.findIndex((_, i) =>
      all[(at + 1 + i) % all.length]?.textContent
        ?.toLowerCase()
        .startsWith(event.key.toLowerCase()),
    );
    const moves: Readonly<Record<string, number>> = {
      ...{ ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 },
    };
    const to = moves[event.key] ?? (startsWith < 0 ? undefined : at + 1 + startsWith);
    if (event.key === "Escape") {
      close();
      opener.focus();
    } else if (event.key === "Tab") return close();
    else if (to === undefined) return;
    else focus(to);
    event.preventDefault();
  });
  document.addEventListener(
    "pointerdown",
    (event) => {
      if (!panel.hidden && !host.contains(event.target as Node)) close();
    },
    { capture: true, signal },
  );
  return host;
}
