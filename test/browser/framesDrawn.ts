import type { Page } from "playwright-core";

/**
 * Waits until what was done to a page before is drawn: one frame tells the pictures of it, the next draws them, and what they then take of
 * the page is told in the one after. What a picture has to ask for first is not waited for.
 */
export async function framesDrawn(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (let frame = 0; frame < 4; frame++) await new Promise(requestAnimationFrame);
  });
}
