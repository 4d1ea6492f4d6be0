import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { axeViolations } from "./axe.ts";
import type { OpenSite } from "./openSite.ts";

/** Reads pages of the site on a telephone: they show no error, fit, and axe finds nothing on them. Tells how fast they are painted. */
export async function everyPage(
  t: TestContext,
  site: OpenSite,
  paths: readonly string[],
): Promise<void> {
  const reader = await site.read();
  const paints: number[] = [];
  const found: string[] = [];
  for (const path of paths)
    await reader.visit(
      path,
      async () => {
        await reader.fits();
        paints.push(await reader.firstPaint());
        found.push(...(await axeViolations(reader.page, "html")).map((line) => `${path}: ${line}`));
      },
      { width: 390 },
    );
  assert.deepEqual(found, []);
  const sorted = paints.sort((a, b) => a - b);
  t.diagnostic(
    `first paint: median ${Math.round(sorted[Math.floor(sorted.length / 2)] ?? Number.NaN)} ms, longest ${Math.round(sorted.at(-1) ?? Number.NaN)} ms`,
  );
  await reader.close();
}
