import { SearchDialog } from "./searchDialog.ts";

const root = document.documentElement.dataset.root ?? "";

/** Buttons that need this script are hidden without it. */
function shown(selector: string): HTMLElement | null {
  const button = document.querySelector<HTMLElement>(selector);
  if (button !== null) button.hidden = false;
  return button;
}

function startSearch(): void {
  let dialog: SearchDialog | undefined;
  const open = (): void => {
    dialog ??= new SearchDialog(root);
    dialog.open();
  };
  shown(".search-button")?.addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    const isShortcut = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
    const isSlash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!isShortcut && !(isSlash && !isTyping(event))) return;
    event.preventDefault();
    open();
  });
}

/** Whether a key goes into a field. */
const isTyping = ({ target }: Event): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** On narrow pages the list of pages is shown when it is asked for. */
function startPages(): void {
  const pages = document.querySelector<HTMLElement>("#pages");
  if (pages === null) return;
  const button = shown(".pages-button");
  button?.addEventListener("click", () => {
    const isShown = pages.toggleAttribute("data-shown");
    button.setAttribute("aria-expanded", String(isShown));
    if (isShown) pages.querySelector("a")?.focus();
  });
}

/** What is wider than its place is scrolled by keys, too; what is not is no stop on the way. */
function startScrolling(): void {
  const places = document.querySelectorAll<HTMLElement>("main.text pre, main.text .table");
  const check = (): void => {
    const isWide = [...places].map((place) => place.scrollWidth > place.clientWidth);
    for (const [i, place] of places.entries())
      if (isWide[i]) place.tabIndex = 0;
      else place.removeAttribute("tabindex");
  };
  new ResizeObserver(check).observe(document.documentElement);
}

startSearch();
startPages();
startScrolling();
document.documentElement.dataset.site = "ready";
