import { priceTableFault } from "../../engine/price/checkPriceTable.ts";
import type { PriceTable, RooflineRecord } from "../../engine/trace/schema.ts";
import { checkOptions, type OptionNames } from "../../kernel/display/checkOptions.ts";
import { Picture } from "../render/picture.ts";
import { describeRun, type RunSource } from "../render/runSource.ts";
import { viewSource } from "../render/viewSource.ts";
import { isPriceTable } from "./bills.ts";
import { costText } from "./costText.ts";
import { type CostState, packCosts } from "./data.ts";
import { DEFAULT_PRICES } from "./priceTables.ts";
import { wrongWithRoofline } from "./roofline/data.ts";
import { costPicture } from "./staticPicture.ts";
import { costTables } from "./tables.ts";

/** What a Generation has once its loop has ended. */
export interface GenerationSource {
  readonly run: RunSource;
}

/** What the cost picture begins with. */
export interface CostOptions {
  /** Price lists to begin with. */
  readonly prices?: readonly PriceTable[];
  /** The run under the limits of a device, as `run.roofline` gives it. */
  readonly roofline?: RooflineRecord;
}

const COST_OPTIONS: OptionNames<CostOptions> = { prices: true, roofline: true };

/** The cost picture with its price lists, which page and kernel edit alike. */
export class CostWidget extends Picture<CostState> {
  /** The price lists as they stand now, edits in the page included. */
  get prices(): readonly PriceTable[] {
    return this.get("prices");
  }

  /** @throws TypeError if an entry is no price list */
  set prices(prices: readonly PriceTable[]) {
    checkPrices(prices);
    this.set({ prices });
  }
}

/**
 * What each token of a run cost: FLOPs and bytes derived from shapes and routes, milliseconds measured, KV cache, active
 * parameters, and money by price lists that can be edited. Of a generation the finished run is shown.
 * @throws KernelError ERR_OPTION; TypeError if an entry of the prices is no price list, or the roofline none
 */
export function cost(source: RunSource | GenerationSource, options: CostOptions = {}): CostWidget {
  checkOptions("cost", options, COST_OPTIONS);
  const run = "run" in source ? source.run : source;
  const { record } = run;
  const costs = run.cost();
  const { tokens, byClass, ...totals } = costs;
  const nGenerated = record.tokens.filter((token) => token.phase === "generated").length;
  const { prices = DEFAULT_PRICES, roofline = null } = options;
  checkPrices(prices);
  if (options.roofline !== undefined) checkRoofline(options.roofline);
  const widget: CostWidget = new CostWidget({
    name: "cost",
    esm: viewSource("cost"),
    state: {
      runId: run.id,
      subtitle: describeRun(record),
      tokenTexts: record.tokens.map((token) => token.text),
      costs: packCosts(tokens),
      decoded: tokens.flatMap((token, t) => (token.phase === "decode" ? [t] : [])),
      nGenerated,
      thinking: record.tokens.flatMap(({ thinking }, t) => (thinking ? [t] : [])),
      totals,
      byClass,
      prices,
      contextLength: record.model.contextLength,
      roofline,
    },
    svg: () => costPicture(record, costs, widget.prices, nGenerated, roofline),
    records: [record],
    text: () => costText(record, costs, widget.prices, nGenerated),
    tables: () =>
      costTables({ ...{ record, nGenerated, roofline }, cost: costs, prices: widget.prices }),
  });
  widget.onChange("prices", (given, previous) => {
    if (!Array.isArray(given) || !given.every(isPriceTable)) widget.set({ prices: previous });
  });
  return widget;
}

function checkPrices(prices: readonly PriceTable[]): void {
  prices.forEach((table, i) => {
    const fault = priceTableFault(table);
    if (fault !== null) throw new TypeError(`cost.prices[${i}]${fault}`);
  });
}

function checkRoofline(roofline: RooflineRecord): void {
  const wrong = wrongWithRoofline(roofline);
  if (wrong !== null)
    throw new TypeError(
      `cost.roofline: expected what run.roofline gives, got ${wrong}. Pass run.roofline({ device }), awaited where it is a promise.`,
    );
}
