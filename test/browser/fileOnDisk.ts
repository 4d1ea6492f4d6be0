import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { HANG_MS } from "../fixtures/until.ts";

interface FileOptions {
  readonly width?: number;
  readonly dark?: boolean;
}

/** A page that was written as one file, opened from disk where no network is, its pictures alive. It must stay without errors, and ask nobody. */
export async function onFile(
  browser: Browser,
  file: string,
  work: (page: Page) => Promise<void>,
  { width = 1280, dark = false }: FileOptions = {},
): Promise<void> {
  const problems: string[] = [];
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: dark ? "dark" : "light",
    offline: true,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(HANG_MS);
  page.on("pageerror", (error) => problems.push(String(error.stack)));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("request", (request) => {
    if (!/^(data|blob|file):/.test(request.url())) problems.push(`asked ${request.url()}`);
  });
  try {
    await page.goto(pathToFileURL(file).href);
    await page.locator("html[data-pictures=ready]").waitFor();
    await work(page);
    assert.deepEqual(problems, []);
  } finally {
    await context.close();
  }
}
