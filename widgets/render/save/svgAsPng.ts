import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { findChromium } from "./findChromium.ts";

/** Pixels for each of the drawing. */
const DENSITY = 2;
/** A browser that takes longer hangs. */
const HANG_MS = 120_000;

/**
 * A static picture as PNG, drawn by a Chromium of this machine, without the net.
 * @param what names the picture in a refusal
 * @throws Error if there is none, or it draws nothing
 */
export async function svgAsPng(what: string, svg: string): Promise<Uint8Array> {
  const browser = findChromium();
  if (browser === null)
    throw new Error(
      `${what}: expected Chromium, Chrome or Edge on PATH or in CHROME_PATH to draw PNG, got none. Save SVG, or choose Save in the picture's heading.`,
    );
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
  const folder = await mkdtemp(join(tmpdir(), "vitrine-png-"));
  try {
    const [source, drawn] = [join(folder, "picture.svg"), join(folder, "picture.png")];
    await writeFile(source, svg);
    await promisify(execFile)(
      browser,
      [
        ...["--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run"],
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), // root has no sandbox
        ...[`--user-data-dir=${join(folder, "profile")}`, `--screenshot=${drawn}`],
        ...[`--window-size=${width},${height}`, `--force-device-scale-factor=${DENSITY}`],
        pathToFileURL(source).href,
      ],
      { timeout: HANG_MS, killSignal: "SIGKILL" },
    );
    return await readFile(drawn);
  } catch (error) {
    throw new Error(
      `${what}: expected a PNG from ${browser}, got none. Save SVG, or choose Save in the picture's heading.`,
      { cause: error },
    );
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
