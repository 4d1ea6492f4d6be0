import { button } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { createPager } from "../render/pager.ts";
import { visibleToken } from "../render/visibleToken.ts";
import type { Block } from "./blocks.ts";

/** More tokens than this are shown in pages. */
const PAGE_TOKENS = 4096;

/** How a token looks. */
export interface Look {
  /** CSS colours; empty where the class says it. */
  readonly ground: string;
  readonly ink: string;
  readonly classes: string;
}

export interface TokenTextOptions {
  readonly texts: readonly string[];
  /** Ascending, none within another. */
  readonly blocks: readonly Block[];
  readonly signal: AbortSignal;
  readonly onPoint: (token: number | null) => void;
  readonly onPin: (token: number) => void;
  readonly onClear: () => void;
  /** A page was turned, or a block opened or closed. */
  readonly onChange: () => void;
  readonly says: (text: string) => void;
}

/** The text: one element for each token, listeners on their parent. Thinking begins folded, calls of tools open. */
export function createTokenText(options: TokenTextOptions): {
  readonly element: HTMLElement;
  readonly host: HTMLElement;
  /** Gives every token on the page its look. */
  paint(look: (token: number) => Look): void;
  /** Marks tokens; turns to the lit one's page. */
  mark(lit: number | null, pinned: number | null): void;
} {
  const { texts, blocks, signal } = options;
  const folded = new Set(blocks.filter(({ kind }) => kind === "thinking"));
  const host = element("div", {
    class: "vt-text",
    tabindex: 0,
    role: "application",
    "aria-roledescription": "text of tokens",
    "aria-label":
      "Tokens. Left and right choose a token, up and down a line, Enter pins it, Escape clears. Tab leads to folded thoughts.",
  });
  const pager = createPager({
    titles: ["Tokens before", "Tokens after"],
    onTurn(by) {
      fill(Math.max(0, start + by * PAGE_TOKENS));
      options.onChange();
    },
  });
  let start = -1;
  let nodes: HTMLElement[] = [];
  let holders = new Map<Block, HTMLElement>();
  let look: ((token: number) => Look) | null = null;
  let marked: { lit: number | null; pinned: number | null } = { lit: null, pinned: null };
  /** Where keys led since marks were drawn: the next key may come before they are. */
  let reached: number | null = null;

  const tokenOf = (event: Event): number | null => {
    const node = event.target instanceof HTMLElement ? event.target.dataset.token : undefined;
    return node === undefined ? null : Number(node);
  };
  const on = <K extends keyof HTMLElementEventMap>(
    kind: K,
    listener: (event: HTMLElementEventMap[K]) => void,
  ): void => host.addEventListener(kind, listener, { signal });
  on("pointerover", (event) => {
    const token = tokenOf(event);
    if (token !== null) options.onPoint(token);
  });
  on("pointerleave", () => options.onPoint(null));
  on("click", (event) => {
    const token = tokenOf(event);
    if (token !== null) options.onPin(token);
  });
  on("keydown", (event) => {
    if (event.target !== host && event.key !== "Escape") return; // a block's button has its own keys
    const at = reached ?? marked.lit ?? marked.pinned;
    const to = moved(event.key, at);
    if (to !== null) {
      reached = to;
      options.onPoint(to);
    } else if (event.key === "Enter" && at !== null) options.onPin(at);
    else if (event.key === "Escape") options.onClear();
    else return;
    event.preventDefault();
  });

  const blockAt = (token: number): Block | undefined =>
    blocks.find((block) => token >= block.start && token < block.end);
  const isFolded = (token: number): boolean => {
    const block = blockAt(token);
    return block !== undefined && folded.has(block);
  };

  /** Where a key leads, or null for keys that lead nowhere. */
  function moved(key: string, at: number | null): number | null {
    if (key === "Home") return stepped(-1, 1);
    if (key === "End") return stepped(texts.length, -1);
    if (key === "ArrowRight") return stepped(at ?? start - 1, 1);
    if (key === "ArrowLeft") return stepped(at ?? start + 1, -1);
    if (key === "ArrowDown" || key === "ArrowUp")
      return at === null ? stepped(start - 1, 1) : onOtherLine(at, key === "ArrowDown" ? 1 : -1);
    return null;
  }

  /** The next token that is not folded; where there is none, the one it came from. */
  function stepped(from: number, by: 1 | -1): number | null {
    for (let token = from + by; token >= 0 && token < texts.length; token += by)
      if (!isFolded(token)) return token;
    return from >= 0 && from < texts.length ? from : null;
  }

  function onOtherLine(from: number, by: 1 | -1): number | null {
    const own = nodes[from - start];
    if (own === undefined) return stepped(from, by);
    let best: { token: number; far: number; top: number } | null = null;
    for (let token = from + by; token >= start && token < start + nodes.length; token += by) {
      if (isFolded(token)) continue;
      const node = nodes[token - start];
      if (node === undefined || node.offsetTop === own.offsetTop) continue;
      if (best !== null && node.offsetTop !== best.top) break;
      const far = Math.abs(node.offsetLeft - own.offsetLeft);
      if (best === null || far < best.far) best = { token, far, top: node.offsetTop };
    }
    return best?.token ?? from;
  }

  function fill(from: number): void {
    start = from;
    nodes = [];
    holders = new Map();
    const end = Math.min(texts.length, from + PAGE_TOKENS);
    const content: Node[] = [];
    let token = from;
    while (token < end) {
      const block = blockAt(token);
      const to = Math.min(end, block?.end ?? token + 1);
      const pieces = piecesOf(token, to);
      if (block) content.push(blockElement(block, pieces));
      else content.push(...pieces);
      token = to;
    }
    host.replaceChildren(...content);
    const where = `tokens ${from} to ${end - 1} of ${texts.length}`;
    const ends = { isFirst: from === 0, isLast: end === texts.length };
    pager.draw(texts.length > PAGE_TOKENS ? where : null, ends);
    if (look) paint(look);
  }

  function piecesOf(from: number, to: number): Node[] {
    const pieces: Node[] = [];
    for (let token = from; token < to; token++) {
      const text = texts[token] ?? "";
      const node = element("span", { class: "vt-t", "data-token": token }, visibleToken(text));
      nodes.push(node);
      pieces.push(node);
      if (text.includes("\n")) pieces.push(element("br"));
    }
    return pieces;
  }

  function blockElement(block: Block, pieces: readonly Node[]): HTMLElement {
    const inner = element("div", {}, ...pieces);
    const n = block.end - block.start;
    const name = `${block.kind} · ${n} ${n === 1 ? "token" : "tokens"}`;
    const toggle = button(name, `Open or fold this ${block.kind}`, () => {
      if (!folded.delete(block)) folded.add(block);
      show();
      options.says(`${name}, ${folded.has(block) ? "folded" : "open"}`);
      options.onChange();
    });
    const holder = element("div", { class: "vt-block" }, toggle, inner);
    const show = (): void => {
      inner.hidden = folded.has(block);
      toggle.textContent = `${folded.has(block) ? "▸" : "▾"} ${name}`;
      toggle.setAttribute("aria-expanded", String(!folded.has(block)));
    };
    show();
    holders.set(block, holder);
    return holder;
  }

  function paint(given: (token: number) => Look): void {
    look = given;
    nodes.forEach((node, i) => {
      const { ground, ink, classes } = given(start + i);
      node.className = `vt-t ${classes}`;
      node.style.background = ground;
      node.style.color = ink;
    });
    setMarks(true);
  }

  function setMarks(isOn: boolean): void {
    const { lit, pinned } = marked;
    for (const [token, name] of [
      [lit, "vt-lit"],
      [pinned, "vt-pinned"],
    ] as const) {
      if (token === null) continue;
      nodes[token - start]?.classList.toggle(name, isOn);
      const block = blockAt(token);
      if (block) holders.get(block)?.classList.toggle("vt-holds", isOn && folded.has(block));
    }
  }

  fill(0);
  return {
    element: element("div", {}, host, pager.element),
    host,
    paint,
    mark(lit, pinned) {
      const hasMoved = lit !== marked.lit;
      setMarks(false);
      marked = { lit, pinned };
      reached = null;
      if (lit !== null && hasMoved && lit < texts.length && nodes[lit - start] === undefined)
        fill(Math.floor(lit / PAGE_TOKENS) * PAGE_TOKENS);
      setMarks(true);
      const node = lit === null ? undefined : nodes[lit - start];
      if (node && hasMoved && !host.matches(":hover")) scrollInto(host, node);
    },
  };
}

/** Scrolls the text alone, never the page. */
function scrollInto(host: HTMLElement, node: HTMLElement): void {
  const top = node.offsetTop;
  if (node.offsetParent === null) return; // folded
  if (top < host.scrollTop || top + node.offsetHeight > host.scrollTop + host.clientHeight)
    host.scrollTop = top - host.clientHeight / 2;
}
