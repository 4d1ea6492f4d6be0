import { button } from "./controls.ts";
import { element } from "./element.ts";

interface PagerOptions {
  /** Default: ‹ Previous and Next ›. */
  readonly labels?: readonly [previous: string, next: string];
  /** What the buttons lead to. */
  readonly titles: readonly [previous: string, next: string];
  readonly onTurn: (by: -1 | 1) => void;
}

/** What there is beside the page that is shown. */
interface PageEnds {
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

export interface Pager {
  readonly element: HTMLElement;
  /** @param where says which page this is; null where all is on one, which needs no pager */
  draw(where: string | null, ends: PageEnds): void;
}

/**
 * Two buttons, and between them where one is. They stay the same while pages change, and an end gives the focus to the button that leads
 * back from it, so that the keyboard never loses its place. Whoever holds the pager leaves it where it is.
 */
export function createPager({
  labels = ["‹ Previous", "Next ›"],
  titles,
  onTurn,
}: PagerOptions): Pager {
  const previous = button(labels[0], titles[0], () => onTurn(-1));
  const next = button(labels[1], titles[1], () => onTurn(1));
  const between = element("span", {});
  const host = element("div", { class: "vt-pager", hidden: true });

  function setEnd(node: HTMLButtonElement, isEnd: boolean, back: HTMLButtonElement): void {
    const hadFocus = isEnd && node === node.ownerDocument.activeElement;
    node.disabled = isEnd;
    if (hadFocus) back.focus();
  }

  return {
    element: host,
    draw(where, { isFirst, isLast }) {
      host.hidden = where === null;
      if (where === null) {
        host.replaceChildren();
        return;
      }
      if (host.childElementCount === 0) host.append(previous, between, next);
      between.textContent = where;
      if (!isFirst) previous.disabled = false;
      if (!isLast) next.disabled = false;
      setEnd(previous, isFirst, next);
      setEnd(next, isLast, previous);
    },
  };
}
