import { element } from "../render/element.ts";

export interface RovingItem {
  readonly label: string;
  readonly title: string;
  readonly isCurrent: boolean;
}

/** Buttons of which one can be reached with Tab, and the others from there with arrows. */
export function createRovingList(
  label: string,
  role: "tablist" | "toolbar",
  onChoose: (index: number) => void,
): { readonly element: HTMLElement; draw(items: readonly RovingItem[]): void } {
  const host = element("div", { class: `vt-roving vt-${role}`, role, "aria-label": label });
  let buttons: HTMLButtonElement[] = [];
  const reach = (index: number): void => {
    buttons.forEach((each, i) => {
      each.tabIndex = i === index ? 0 : -1;
    });
  };
  host.addEventListener("keydown", (e) => {
    const at = buttons.findIndex((each) => each.matches(":focus"));
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[e.key];
    if (at < 0 || by === undefined) return;
    const next = Math.max(0, Math.min(buttons.length - 1, at + by));
    e.preventDefault();
    e.stopPropagation();
    reach(next);
    buttons[next]?.focus();
  });
  return {
    element: host,
    draw(items) {
      const focused = buttons.findIndex((each) => each.matches(":focus"));
      buttons = items.map(({ label: text, title, isCurrent }, index) => {
        const isTab = role === "tablist";
        const button = element(
          "button",
          {
            ...{ type: "button", class: "vt-button", title },
            ...(isTab ? { role: "tab", "aria-selected": String(isCurrent) } : {}),
            ...(!isTab && isCurrent ? { "aria-current": "step" } : {}),
          },
          text,
        );
        button.addEventListener("click", () => onChoose(index));
        return button;
      });
      host.replaceChildren(...buttons);
      const current = items.findIndex(({ isCurrent }) => isCurrent);
      reach(Math.max(0, current));
      if (focused >= 0) buttons[Math.min(focused, buttons.length - 1)]?.focus();
    },
  };
}
