import type { PriceTable, TokenPrices, UsageRecord } from "../../engine/trace/schema.ts";
import { button } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { money } from "../render/formatNumber.ts";
import { type Bill, bill, isPriceTable } from "./bills.ts";
import { emptyList } from "./priceTables.ts";

/** Prices with what they are called, and what an empty field says. */
const KINDS = [
  { kind: "input", label: "input", empty: null },
  { kind: "cachedInput", label: "cached input", empty: "as input" },
  { kind: "output", label: "output", empty: null },
  { kind: "reasoning", label: "reasoning", empty: "as output" },
] as const satisfies readonly {
  readonly kind: keyof TokenPrices;
  readonly label: string;
  readonly empty: string | null;
}[];

const BILLS = [
  { amount: "thisRun", label: "this run", isMain: true },
  { amount: "promptCached", label: "prompt cached", isMain: false },
  { amount: "offPeak", label: "off-peak", isMain: false },
] as const satisfies readonly { readonly amount: keyof Bill; label: string; isMain: boolean }[];

/** The longest a field of text grows, in characters. */
const LONGEST = 44;

export interface PriceEditorOptions {
  readonly usage: UsageRecord;
  readonly initial: readonly PriceTable[];
  readonly onChange: (prices: readonly PriceTable[]) => void;
}

/** Price lists as an editable table with what each would bill for this run's tokens. */
export function createPriceEditor(options: PriceEditorOptions): {
  readonly element: HTMLElement;
  show(prices: readonly PriceTable[]): void;
} {
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
      const billed = bill(price, options.usage);
      BILLS.forEach(({ amount }, i) => {
        const cell = bills[row]?.[i];
        const value = billed?.[amount] ?? null;
        if (cell) cell.textContent = value === null ? "–" : money(value, price.currency);
      });
    });
  };

  /** A field that takes what leaves the list a list, and says so where it does not. */
  const textInput = (
    row: number,
    field: "name" | "source" | "date" | "currency",
    label: string,
  ): HTMLInputElement => {
    const value = prices[row]?.[field] ?? "";
    const size = Math.min(value.length + 2, LONGEST);
    const input = element("input", { type: "text", "aria-label": label, size });
    input.value = value;
    input.addEventListener("change", () => {
      const isKept = isPriceTable({ ...prices[row], [field]: input.value });
      input.setCustomValidity(isKept ? "" : `not a ${field}`);
      if (isKept) change(row, { [field]: input.value });
    });
    return input;
  };

  const numberInput = (row: number, { kind, label, empty }: (typeof KINDS)[number]) => {
    const { name = "", currency = "", perMillion } = prices[row] ?? {};
    const input = element("input", {
      type: "number",
      min: 0,
      step: "any",
      required: empty === null,
      placeholder: empty ?? "",
      "aria-label": `${label}, ${currency} per million tokens, ${name}`,
    });
    input.value = String(perMillion?.[kind] ?? "");
    input.addEventListener("input", () => {
      const now = prices[row]?.perMillion;
      if (!now || !input.checkValidity()) return;
      change(row, {
        perMillion: { ...now, [kind]: input.value === "" ? null : input.valueAsNumber },
      });
    });
    return input;
  };

  const listRow = (price: PriceTable, row: number): HTMLElement =>
    element(
      "tr",
      {},
      element(
        "td",
        {},
        textInput(row, "name", "name of the price list"),
        textInput(row, "source", `source of ${price.name}`),
        element(
          "span",
          { class: "vt-price-when" },
          textInput(row, "date", `date of ${price.name}, YYYY-MM-DD`),
          textInput(row, "currency", `currency of ${price.name}, three letters`),
        ),
        offPeakNote(price),
      ),
      ...KINDS.map((one) =>
        element("td", { class: "vt-number", "data-label": one.label }, numberInput(row, one)),
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
    );

  const fill = (): void => {
    bills = prices.map(() =>
      BILLS.map(({ label, isMain }) =>
        element("td", { class: `vt-number${isMain ? "" : " vt-muted"}`, "data-label": label }),
      ),
    );
    body.replaceChildren(...prices.map(listRow));
    updateBills();
  };

  const add = button("Add a list", "Add a price list of your own", () => {
    prices = [...prices, emptyList("new list", "your own")];
    fill();
    options.onChange(prices);
  });

  const heading = (label: string) => element("th", { scope: "col", class: "vt-number" }, label);
  const head = element(
    "tr",
    {},
    element("th", { scope: "col" }, "price list, its source, date and currency"),
    ...KINDS.map(({ label }) => heading(`${label}, per M`)),
    ...BILLS.map(({ label }) => heading(label)),
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

/** What holds at other hours, in words. */
function offPeakNote({ offPeak }: PriceTable): HTMLElement | null {
  if (offPeak === null) return null;
  const hours = offPeak.hours.map(({ fromUtc, untilUtc, days }) => {
    const span = fromUtc === untilUtc ? "all day" : `${fromUtc} to ${untilUtc}`;
    return days === null ? span : `${daysText(days)} ${span}`;
  });
  const { input, output } = offPeak.perMillion;
  return element(
    "span",
    { class: "vt-muted vt-price-note" },
    `off-peak, ${hours.join("; ")} UTC: ${input} in, ${output} out`,
  );
}

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** "Mon–Fri", or the days one by one where they do not follow each other. */
function daysText(days: readonly number[]): string {
  const [first = 1, last = first] = [days[0], days.at(-1)];
  const isRow = days.length > 1 && days.every((day, i) => day === first + i);
  const names = (isRow ? [first, last] : days).map((day) => DAYS[day - 1]);
  return names.join(isRow ? "–" : ", ");
}
