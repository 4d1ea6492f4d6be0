import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axeViolations } from "./axe.ts";
import { type OpenSite, openSite } from "./openSite.ts";
import type { SiteReader } from "./siteReader.ts";

let site: OpenSite;
let reader: SiteReader;

before(async () => {
  site = await openSite();
  reader = await site.read();
});
after(() => site?.close());

/** Pages of each kind, as the tests that read every page do not see them. */
for (const [width, dark] of [
  [390, true],
  [1280, false],
  [1280, true],
  [1920, false],
  [1920, true],
] as const)
  test(`axe finds nothing on pages ${width} wide in ${dark ? "dark" : "light"}`, async () => {
    for (const path of ["index.html", "docs/site.html", "notebooks/03-induction.html"])
      await reader.visit(
        path,
        async () => {
          const isDark = await reader.page.evaluate(
            () => matchMedia("(prefers-color-scheme: dark)").matches,
          );
          assert.equal(isDark, dark);
          await reader.fits();
          assert.deepEqual(await axeViolations(reader.page, "html"), [], path);
        },
        { width, dark },
      );
  });
