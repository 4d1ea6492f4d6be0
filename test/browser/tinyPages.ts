import { after, before } from "node:test";
import type { Browser } from "playwright-core";
import { loadModel, type Model, type Run } from "../../engine/index.node.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

export const PROMPT = "The keys to the cabinet are on the table. The keys";

/** What a test of pictures has: an empty page, the bundled model, and a run of it. */
export interface Opened {
  readonly page: WidgetPage;
  readonly model: Model;
  readonly run: Run;
}

interface TinyPages extends ReturnType<typeof hands> {
  /** A page for some work; it must stay without errors and requests. */
  onPage(
    work: (opened: Opened) => Promise<void>,
    options?: Parameters<typeof WidgetPage.open>[1],
  ): Promise<void>;
  /** The page that is open. */
  openPage(): WidgetPage;
}

interface TinyRun {
  /** Default: of `PROMPT`. */
  readonly run?: (model: Model) => Promise<Run>;
  readonly backend?: "cpu" | "reference";
}

/** The bundled model, a run of it and a browser for all tests of a file, and a page for each. */
export function tinyPages({
  run: makeRun = (model) => model.run(PROMPT),
  backend = "cpu",
}: TinyRun = {}): TinyPages {
  let model: Model;
  let run: Run;
  let browser: Browser;
  let page: WidgetPage;
  before(async () => {
    model = await loadModel("tiny", { backend });
    run = await makeRun(model);
    browser = await WidgetPage.launch();
  });
  after(async () => {
    await browser?.close();
    model?.dispose();
  });
  return {
    ...hands(() => page.page),
    openPage: () => page,
    onPage: (work, options) =>
      WidgetPage.during(
        browser,
        (opened) => {
          page = opened;
          return work({ page, model, run });
        },
        options,
      ),
  };
}
