import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type axe from "axe-core";
import type { Page } from "playwright-core";

type AxeWindow = Window & { axe?: typeof axe };

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * What axe finds against the rules that it has, in the parts of a page that a selector names: a line for each element, with the
 * rule and what is wrong. Nothing that is named is an error, so that no check goes by without a look.
 */
export async function axeViolations(page: Page, selector: string): Promise<string[]> {
  const isThere = await page.evaluate(() => (window as AxeWindow).axe !== undefined);
  if (!isThere) await page.evaluate(SOURCE);
  const found = await page.evaluate(async (include) => {
    const checker = (window as AxeWindow).axe;
    if (document.querySelector(include) === null) return [`nothing is ${include}`];
    const { violations } = (await checker?.run(
      { include: [include] },
      { resultTypes: ["violations"] },
    )) ?? { violations: [] };
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(
        ({ html, failureSummary = "" }) =>
          `${id} (${help}): ${html.slice(0, 160)} ${failureSummary.replace(/\s+/g, " ")}`,
      ),
    );
  }, selector);
  return found;
}
