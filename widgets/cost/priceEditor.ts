import type { PriceTable } from "../../engine/trace/schema.ts";
import { button } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { dollars } from "../render/formatNumber.ts";
import { bill } from "./data.ts";

const NUMBERS = ["usdPerMTokInput", "usdPerMTokCachedInput", "usdPerMTokOutput"] as const;

const BILLS = ["this run", "prompt cached"] as const;

const LABELS = {
  usdPerMTokInput: "input",
  usdPerMTokCachedInput: "cached input",
  usdPerMTokOutput: "output",
} as const;

const heading = (field: (typeof NUMBERS)[number]): string => `${LABELS[field]}, $/M`;

export interface PriceEditorOptions {
  readonly nInput: number;
  readonly nOutput: number;
  readonly initial: readonly PriceTable[];
  readonly onChange: (prices: readonly PriceTable[]) => void;
}

/** Price lists as an editable table with what each would bill for this run's tokens. */
export function createPriceEditor(options: PriceEditorOptions): {
  readonly element: HTMLElement;
  show(prices: readonly PriceTable[]): void;
} {
  const { nInput, nOutput } = options;
  const body = element("tbody", {});
  let prices: readonly PriceTable[] = [];
  let bills: HTMLElement[][] = [];

  const change = (row: number, changes: Partial<PriceTable>): void => {
    prices = prices.map((price, i) => (i === row ? { ...price, ...changes } : price));
    updateBills();
    options.onChange(prices);
  };

  const updateBills = (): void => {
    prices.forEach((price, row) => {
      const { usd, usdIfCached } = bill(price, nInput, nOutput);
      const [plain, cached] = bills[row] ?? [];
      if (plain) plain.textContent = dollars(usd);
      if (cached) cached.textContent = dollars(usdIfCached);
    });
  };

  const textInput = (row: number, field: "name" | "source", label: string): HTMLInputElement => {
    const value = prices[row]?.[field] ?? "";
    const input = element("input", { type: "text", "aria-label": label, size: value.length + 2 });
    input.value = value;
    input.addEventListener("change", () => change(row, { [field]: input.value }));
    return input;
  };

  const numberInput = (row: number, field: (typeof NUMBERS)[number]): HTMLInputElement => {
    const input = element("input", {
      type: "number",
      min: 0,
      step: "any",
      required: true,
      "aria-label": `${LABELS[field]}, dollars per million tokens, ${prices[row]?.name ?? ""}`,
    });
    input.value = String(prices[row]?.[field] ?? 0);
    input.addEventListener("input", () => {
      if (input.checkValidity()) change(row, { [field]: input.valueAsNumber });
    });
    return input;
  };

  const fill = (): void => {
    bills = prices.map(() => [
      element("td", { class: "vt-number", "data-label": BILLS[0] }),
      element("td", { class: "vt-number vt-muted", "data-label": BILLS[1] }),
    ]);
    body.replaceChildren(
      ...prices.map((price, row) =>
        element(
          "tr",
          {},
          element(
            "td",
            {},
            textInput(row, "name", "name of the price list"),
            textInput(row, "source", `source of ${price.name}`),
          ),
          ...NUMBERS.map((field) =>
            element(
              "td",
              { class: "vt-number", "data-label": heading(field) },
              numberInput(row, field),
            ),
          ),
          ...(bills[row] ?? []),
          element(
            "td",
            {},
            button("×", `Remove ${price.name}`, () => {
              prices = prices.filter((_, i) => i !== row);
              fill();
              options.onChange(prices);
            }),
          ),
        ),
      ),
    );
    updateBills();
  };

  const add = button("Add a list", "Add a price list of your own", () => {
    prices = [
      ...prices,
      {
        name: "new list",
        source: "your own",
        usdPerMTokInput: 0,
        usdPerMTokCachedInput: 0,
        usdPerMTokOutput: 0,
      },
    ];
    fill();
    options.onChange(prices);
  });

  const head = element(
    "tr",
    {},
    element("th", { scope: "col" }, "price list and its source"),
    ...NUMBERS.map((field) => element("th", { scope: "col", class: "vt-number" }, heading(field))),
    ...BILLS.map((label) => element("th", { scope: "col", class: "vt-number" }, label)),
    element("td", {}),
  );
  const host = element(
    "div",
    { class: "vt-prices" },
    element("table", { class: "vt-price-table" }, element("thead", {}, head), body),
    element("div", { class: "vt-prices-foot" }, add),
  );
  const show = (next: readonly PriceTable[]): void => {
    if (JSON.stringify(next) === JSON.stringify(prices) && body.childElementCount > 0) return;
    prices = next;
    fill();
  };
  show(options.initial);
  return { element: host, show };
}
