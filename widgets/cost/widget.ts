import { priceTableFault } from "../../engine/price/checkPriceTable.ts";
import type { PriceTable } from "../../engine/trace/schema.ts";
import { AnyWidget } from "../../kernel/display/anywidget.ts";
import { checkOptions, type OptionNames } from "../../kernel/display/checkOptions.ts";
import { pictureBundle } from "../render/pictureBundle.ts";
import { describeRun, type RunSource } from "../render/runSource.ts";
import { viewSource } from "../render/viewSource.ts";
import { type CostState, costText, isPriceTable, packCosts } from "./data.ts";
import { DEFAULT_PRICES } from "./priceTables.ts";
import { costPicture } from "./staticPicture.ts";

/** What a Generation has once its loop has ended. */
export interface GenerationSource {
  readonly run: RunSource;
}

/** What the cost picture begins with. */
export interface CostOptions {
  /** Price lists to begin with. */
  readonly prices?: readonly PriceTable[];
}

const COST_OPTIONS: OptionNames<CostOptions> = { prices: true };

/** The cost picture with its price lists, which page and kernel edit alike. */
export class CostWidget extends AnyWidget<CostState> {
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
 * @throws KernelError ERR_OPTION; TypeError if an entry of the prices is no price list
 */
export function cost(source: RunSource | GenerationSource, options: CostOptions = {}): CostWidget {
  checkOptions("cost", options, COST_OPTIONS);
  const run = "run" in source ? source.run : source;
  const { record } = run;
  const costs = run.cost();
  const { tokens, byClass, ...totals } = costs;
  const nGenerated = record.tokens.filter((token) => token.phase === "generated").length;
  const { prices = DEFAULT_PRICES } = options;
  checkPrices(prices);
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
    },
    fallback: () =>
      pictureBundle(
        costPicture(record, costs, widget.prices, nGenerated),
        costText(record, costs, widget.prices, nGenerated),
      ),
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
