import type { Locator, Page } from "playwright-core";

/** What a reader does with a page, of the page that is open when it is done. */
export function hands(page: () => Page) {
  const at = (selector: string): Locator => page().locator(selector);
  return {
    at,
    async press(...keys: string[]): Promise<void> {
      for (const key of keys) await page().keyboard.press(key);
    },
    /** Waits until what the selector finds shows a text. */
    has: (selector: string, wanted: string | RegExp): Promise<void> =>
      at(selector).filter({ hasText: wanted }).first().waitFor(),
    button: (name: string): Locator => page().getByRole("button", { name, exact: true }),
  };
}
