import type { Page } from "playwright-core";

/**
 * What of the notebook cannot be read without scrolling sideways (WCAG 1.4.10): lines of text outside of the page or cut by
 * their cell, and outputs and pictures wider than the page. Code, tables and pictures may scroll in themselves.
 */
export async function outsidePage(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const cell of await page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell").all()) {
    found.push(...(await cell.evaluate(outsideCell)));
  }
  return found;
}

/** Runs in the page, where only what is written inside exists, and no function may have a name. */
async function outsideCell(cell: Element): Promise<string[]> {
  cell.scrollIntoView();
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  const { left, right } = cell.getBoundingClientRect();
  const where = `page ${innerWidth} wide, cell from ${left} to ${right}`;
  const outside = left < 0 || right > innerWidth ? [where] : [];
  const boxes: [what: string, box: DOMRect, inside: Element | null][] = [];
  const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    if (!text.textContent?.trim()) continue;
    range.selectNodeContents(text);
    for (const box of range.getClientRects())
      boxes.push([text.textContent, box, text.parentElement]);
  }
  const outputs = ".jp-OutputArea-output, section.vt, canvas, svg, img, button, select";
  for (const element of cell.querySelectorAll(outputs)) {
    const what = element.outerHTML.slice(0, 80);
    boxes.push([what, element.getBoundingClientRect(), element.parentElement]);
  }
  for (const [what, box, inside] of boxes) {
    if (box.width <= 1 || (box.left >= left - 1 && box.right <= right + 1)) continue;
    let mayScroll = false;
    for (let each = inside; each && each !== cell; each = each.parentElement) {
      // What is read line by line is to fit.
      if (each.matches("p, li, h1, h2, h3, h4, blockquote")) break;
      const isScroller = /auto|scroll/.test(getComputedStyle(each).overflowX);
      mayScroll ||= isScroller && each.clientWidth < each.scrollWidth;
    }
    if (!mayScroll) outside.push(`${what} from ${box.left} to ${box.right} (${where})`);
  }
  return outside;
}
