import assert from "node:assert/strict";
import { describe } from "node:test";
import { axeViolations } from "./axe.ts";
import type { hands } from "./hands.ts";
import { type Opened, tinyPages } from "./tinyPages.ts";

interface Checks extends ReturnType<typeof hands> {
  /** A page for some work, in the light or the dark; it must stay without errors. */
  onPage(work: (opened: Opened & { readonly dark: boolean }) => Promise<void>): Promise<void>;
  /** axe finds nothing in the pictures as they now are. */
  isClean(what: string, selector?: string): Promise<void>;
}

/** Declares tests in which axe looks at pictures, in the light and in the dark, with one model and one browser for all. */
export function inBothSchemes(declare: (checks: Checks) => void): void {
  const { onPage, openPage, ...hand } = tinyPages();
  const isClean = async (what: string, selector = "section.vt"): Promise<void> => {
    await openPage().settled();
    assert.deepEqual(await axeViolations(openPage().page, selector), [], what);
  };
  for (const dark of [false, true])
    describe(`axe finds nothing in the ${dark ? "dark" : "light"}`, () => {
      declare({
        ...hand,
        onPage: (work) => onPage((opened) => work({ ...opened, dark }), { dark }),
        isClean,
      });
    });
}
