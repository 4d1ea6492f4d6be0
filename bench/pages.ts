/**
 * `npm run bench:pages`: opens each picture in Chromium, does with it what a reader does, and says what the page then holds: when it is
 * drawn, after as many interactions as fill what the page keeps, after as many once more, and when it is closed. Ends with 1 where the second
 * ones, or what is left of a closed picture, are more than they may be.
 */
import { Command } from "commander";
import { loadModel } from "../engine/index.node.ts";
import { WidgetPage } from "../test/browser/widgetPage.ts";
import { allPictures, specialRuns } from "../test/fixtures/allPictures.ts";
import {
  grownBeyond,
  interact,
  MOST_GROWTH,
  memoryOf,
  type PageMemory,
} from "./measure/pageMemory.ts";
import { positive } from "./measure/positive.ts";

const { heapBytes, nodes, listeners } = MOST_GROWTH;
const command = new Command("pages")
  .description("JavaScript heap, DOM nodes and listeners of each picture's page over interactions")
  .option("--only <picture>", "one picture alone, such as attention")
  .option("--interactions <n>", "how many, twice", positive, 100)
  .addHelpText(
    "after",
    `\nThe second interactions may add ${heapBytes / 1e6} MB of heap, ${nodes} nodes and ${listeners} listeners.`,
  )
  .parse();
const { only, interactions } = command.opts<{ only?: string; interactions: number }>();

const model = await loadModel("tiny", { backend: "cpu" });
const run = await model.run("The keys to the cabinet are on the table, and the cabinet is locked.");
const stepping = await model.step("The keys");
await stepping.next("layer");
const special = await specialRuns(model);
const pictures = await allPictures(run, stepping, special);
const names = pictures.map(({ picture }) => picture.name);
if (only !== undefined && !names.includes(only))
  command.error(`error: --only: expected one of ${names.join(", ")}, got ${only}.`);

const browser = await WidgetPage.launch();
const failures: string[] = [];
process.stdout.write(
  `${"MB of heap / nodes / listeners".padEnd(32)}${["drawn", `after ${interactions}`, `after ${2 * interactions}`, "closed"].map((label) => label.padStart(20)).join("")}\n`,
);
for (const { picture } of pictures) {
  if (only !== undefined && picture.name !== only) continue;
  const page = await WidgetPage.open(browser);
  const empty = await memoryOf(page.page);
  const { selector } = await page.show(picture);
  await page.settled();
  const drawn = await memoryOf(page.page);
  await interact(page, selector, 0, interactions);
  const once = await memoryOf(page.page);
  await interact(page, selector, 0, interactions);
  const twice = await memoryOf(page.page);
  await page.closeViews();
  const closed = await memoryOf(page.page);
  await page.close();
  process.stdout.write(
    `${picture.name.padEnd(32)}${[drawn, once, twice, closed].map(inWords).join("")}\n`,
  );
  const grown = grownBeyond(once, twice);
  if (grown !== "") failures.push(`${picture.name} grew with interactions: ${grown}`);
  const left = grownBeyond(empty, closed, { ...MOST_GROWTH, heapBytes: Number.POSITIVE_INFINITY });
  if (left !== "") failures.push(`${picture.name} left something behind: ${left}`);
  for (const problem of page.problems) failures.push(`${picture.name}: ${problem}`);
}
await browser.close();
special.dispose();
model.dispose();
for (const failure of failures) process.stderr.write(`${failure}\n`);
process.exit(failures.length === 0 ? 0 : 1);

function inWords(memory: PageMemory): string {
  const { heapBytes: bytes, nodes: n, listeners: m } = memory;
  return `${(bytes / 1e6).toFixed(2)} / ${n} / ${m}`.padStart(20);
}
