import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { BackendError } from "../../engine/base/errors.ts";
import { findChromium } from "../../widgets/render/save/findChromium.ts";

const LIMIT_MS = 120_000;

/**
 * Prints a page to PDF with Chromium.
 * @throws BackendError ERR_NO_BROWSER where none is found, ERR_BROWSER where it fails
 */
export async function printPdf(html: string, signal: AbortSignal): Promise<Uint8Array> {
  const browser = findChromium();
  if (browser === null)
    throw new BackendError(
      "ERR_NO_BROWSER",
      "export --to pdf: expected Chromium or Chrome to print with, got none on PATH or in the usual places. Install one, name one with CHROME_PATH, or export --to html and print that from any browser.",
    );
  const folder = await mkdtemp(join(tmpdir(), "vitrine-pdf-"));
  try {
    const [page, pdf] = [join(folder, "page.html"), join(folder, "page.pdf")];
    await writeFile(page, html);
    const said = await runBrowser(browser, folder, page, pdf, signal);
    return await readFile(pdf).catch((cause: unknown) => {
      throw new BackendError(
        "ERR_BROWSER",
        `export --to pdf: expected ${browser} to print the page, got none: ${said.trim().slice(-400)}. Export --to html and print that from a browser.`,
        { cause },
      );
    });
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Ends when the browser has ended. @returns what it said on stderr */
async function runBrowser(
  browser: string,
  folder: string,
  page: string,
  pdf: string,
  signal: AbortSignal,
): Promise<string> {
  const args = [
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    // Chromium refuses to sandbox itself as root; the page has no scripts and reaches no network.
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    `--user-data-dir=${join(folder, "profile")}`,
    "--no-pdf-header-footer",
    `--print-to-pdf=${pdf}`,
    pathToFileURL(page).href,
  ];
  const child = spawn(browser, args, {
    stdio: ["ignore", "ignore", "pipe"],
    signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
  });
  let said = "";
  child.stderr.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  child.on("error", (error) => {
    said += String(error);
  });
  await once(child, "close").catch(() => {}); // what went wrong is in what it said
  signal.throwIfAborted();
  return said;
}
