/**
 * `npm run bench:routing`: the routes of 4,096 tokens through 61 layers with 256 experts each, 8 to a token, from records that are a
 * formula. How soon the picture stands in Chromium, and each of the pictures that it has, and what came to the page for it.
 */
import { WidgetPage } from "../test/browser/widgetPage.ts";
import { routing } from "../widgets/routing/widget.ts";
import { timeOf, timeText } from "./measure/pageTime.ts";
import { LARGE, syntheticRun } from "./synthetic/routedRun.ts";

const run = syntheticRun(LARGE);
const browser = await WidgetPage.launch();
const page = await WidgetPage.open(browser, { width: 1280, height: 900 });
let before = 0;
const say = (what: string, time: string): void => {
  const bytes = `${((page.bufferBytes - before) / 1e6).toFixed(2)} MB`;
  before = page.bufferBytes;
  process.stdout.write(`${what.padEnd(28)} ${time}, ${bytes} to the page\n`);
};

let selector = "";
const shown = await timeOf(page.page, async () => {
  ({ selector } = await page.show(routing(run)));
  await page.page.locator(`${selector} .vt-grid-rows canvas`).waitFor();
  await page.settled();
});
say("picture, with its routes", timeText(shown));
const tabs = page.page
  .locator(selector)
  .getByRole("radiogroup", { name: "picture" })
  .getByRole("radio");
for (const tab of await tabs.all()) {
  const name = await tab.inputValue();
  const time = await timeOf(page.page, async () => {
    await tab.check({ force: true });
    await page.settled();
  });
  say(name, timeText(time));
}
process.stdout.write(`largest message to the page: ${page.largestBufferBytes} bytes\n`);
await browser.close();
