import type { Locator, Page } from "playwright-core";
import { untilEqual } from "../fixtures/until.ts";

/** What a reader does with a page, of the page that is open when it is done. */
export function hands(page: () => Page) {
  const at = (selector: string, options?: Parameters<Page["locator"]>[1]): Locator =>
    page().locator(selector, options);
  return {
    at,
    async press(...keys: string[]): Promise<void> {
      for (const key of keys) await page().keyboard.press(key);
    },
    /** Waits until what the selector finds shows a text. */
    has: (selector: string, wanted: string | RegExp): Promise<void> =>
      at(selector).filter({ hasText: wanted }).first().waitFor(),
    /** Waits until the selector finds so many elements. */
    hasCount: (selector: string, wanted: number): Promise<void> =>
      untilEqual(() => at(selector).count(), wanted, `elements of ${selector}`),
    button: (name: string): Locator => page().getByRole("button", { name, exact: true }),
  };
}
