import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { loadModel, type Model } from "../../engine/index.node.ts";
import { allPictures, specialRuns } from "../fixtures/allPictures.ts";
import { WidgetPage } from "./widgetPage.ts";

let model: Model;
let browser: Browser;
before(async () => {
  model = await loadModel("tiny", { backend: "cpu" });
  browser = await WidgetPage.launch();
});
after(async () => {
  await browser?.close();
  model?.dispose();
});

/** How elements of a picture look otherwise while the other pictures' styles are in the page. */
const changedByNeighbours = (): string[] => {
  const looks = [
    ...["display", "position", "color", "backgroundColor", "fontSize", "fontWeight", "fontFamily"],
    ...["padding", "margin", "borderTopWidth", "width", "height", "textAlign", "whiteSpace"],
    ...["gridTemplateColumns", "gap", "overflowX", "overflowY", "fill", "stroke", "cursor"],
  ] as const;
  const roots = [...document.querySelectorAll<HTMLElement>("section.vt")];
  const sheets = roots.map((root) => root.querySelector("style")?.sheet ?? null);
  const lookOf = (node: Element): string[] => {
    const style = getComputedStyle(node) as unknown as Record<string, string>;
    return looks.map((name) => `${name}: ${style[name]}`);
  };
  return roots.flatMap((root, i) => {
    const nodes = [root, ...root.querySelectorAll("*")];
    const among = nodes.map(lookOf);
    for (const [j, sheet] of sheets.entries()) if (sheet !== null) sheet.disabled = i !== j;
    const changed = nodes.flatMap((node, at) => {
      const was = among[at] ?? [];
      const differing = lookOf(node).filter((look, k) => look !== was[k]);
      const name = `${root.dataset.vtPicture} ${node.localName}.${node.getAttribute("class")}`;
      return differing.map((look) => `${name}: ${look} alone`);
    });
    for (const sheet of sheets) if (sheet !== null) sheet.disabled = false;
    return changed;
  });
};

test("a picture looks among the others as it does alone", async () => {
  const run = await model.run("The keys to the cabinet are on the table");
  const stepping = await model.step("The keys");
  await stepping.next("layer");
  const special = await specialRuns(model);
  const pictures = await allPictures(run, stepping, special);
  await WidgetPage.during(browser, async (page) => {
    for (const { picture } of pictures) await page.show(picture);
    await page.page.locator(".vt-overview canvas").focus();
    await page.page.keyboard.press("Enter"); // so that its three panes stand beside each other
    await page.settled();
    assert.equal(await page.page.locator("section.vt").count(), pictures.length);
    assert.deepEqual(await page.page.evaluate(changedByNeighbours), []);
  });
  special.dispose();
});
