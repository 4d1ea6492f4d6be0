import type { Page } from "playwright-core";
import type { WidgetPage } from "../../test/browser/widgetPage.ts";

/** What a page holds once its garbage is collected. */
export interface PageMemory {
  readonly heapBytes: number;
  readonly nodes: number;
  readonly listeners: number;
}

/** Collects the page's garbage, and counts what is left. */
export async function memoryOf(page: Page): Promise<PageMemory> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.enable");
  for (let round = 0; round < 3; round++) await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  const { nodes, jsEventListeners } = await session.send("Memory.getDOMCounters");
  await session.detach();
  return { heapBytes: usedSize, nodes, listeners: jsEventListeners };
}

/**
 * What 100 interactions may add to a page that has had as many already. What is shown differs by some nodes with what was chosen last; the
 * rest is the browser's own.
 */
export const MOST_GROWTH: PageMemory = { heapBytes: 500_000, nodes: 150, listeners: 10 };

/** What grew by more than it may, in words; empty: nothing. */
export function grownBeyond(before: PageMemory, after: PageMemory, most = MOST_GROWTH): string {
  const names = ["heapBytes", "nodes", "listeners"] as const;
  return names
    .filter((name) => after[name] - before[name] > most[name])
    .map((name) => `${name} by ${after[name] - before[name]}, at most ${most[name]}`)
    .join("; ");
}

const KEYS = [
  ...["ArrowRight", "ArrowDown", "Enter", "ArrowRight", "PageDown", "]", "+", "ArrowDown"],
  ...["ArrowLeft", "Enter", "Home", "PageUp", "[", "-", "ArrowUp", "End"],
] as const;
const DEEDS = ["hover", "key", "choose", "hover", "drag", "key", "wheel", "press"] as const;
const POINTED = ["canvas", ".vt-chart svg", "[data-token]", ".vt-op", "tr"];

/** What a deed is for, below a picture's root. */
const TARGETS: Readonly<Record<(typeof DEEDS)[number], readonly string[]>> = {
  ...{ hover: POINTED, drag: POINTED, wheel: POINTED },
  key: ["canvas[tabindex]", '[tabindex="0"]'],
  choose: [".vt-toolbar select", '.vt-toolbar input[type="radio"]'],
  press: [".vt-actions > button", "th button", ".vt-pager button:enabled"],
};

/**
 * Does with a picture what a reader does, by number: points, presses keys, chooses in lists (heads, layers, sorting, colours), drags, zooms,
 * opens the table and turns its pages. The same numbers do the same.
 * @param root selects the picture
 */
export async function interact(
  page: WidgetPage,
  root: string,
  from: number,
  count: number,
): Promise<void> {
  const { mouse, keyboard } = page.page;
  for (let i = from; i < from + count; i++) {
    const deed = DEEDS[i % DEEDS.length] ?? "hover";
    const css = TARGETS[deed].map((target) => `${root} ${target}`).join(", ");
    const at = await page.page.evaluate(reach, [css, deed, i] as const);
    if (deed === "key") await keyboard.press(KEYS[(i >> 2) % KEYS.length] ?? "Enter");
    if (at !== null) {
      await mouse.move(at.x, at.y);
      if (deed === "wheel") await mouse.wheel(0, i % 3 === 0 ? 120 : -120);
      if (deed === "drag") {
        await mouse.down();
        await mouse.move(at.x + 15, at.y + 9, { steps: 3 });
        await mouse.up();
      }
    }
    await page.page.evaluate(() => new Promise(requestAnimationFrame));
    if (i % 10 === 9) await page.settled();
  }
  await mouse.move(0, 0);
  await page.settled();
}

/**
 * Focuses, chooses or presses one of a deed's targets, or says where in it the pointer goes. Runs in the page, where only what is
 * written inside exists, and no function may have a name.
 */
function reach([css, deed, i]: readonly [css: string, deed: string, i: number]): {
  x: number;
  y: number;
} | null {
  const there = [...document.querySelectorAll<HTMLElement>(css)].filter(
    (node) => node.getClientRects().length > 0,
  );
  const target = there[(i * 7919) % there.length];
  if (target === undefined) return null;
  if (deed === "key") target.focus();
  else if (target instanceof HTMLSelectElement) {
    target.selectedIndex = (target.selectedIndex + 1) % target.length;
    target.dispatchEvent(new Event("change", { bubbles: true }));
  } else if (deed === "choose" || deed === "press") target.click();
  else {
    target.scrollIntoView({ block: "nearest" });
    const { x, y, width, height } = target.getBoundingClientRect();
    return { x: x + (width * ((i * 31) % 97)) / 97, y: y + (height * ((i * 53) % 97)) / 97 };
  }
  return null;
}
