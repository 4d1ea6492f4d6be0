import { inspect } from "node:util";
import { escapeHtml } from "./escapeHtml.ts";
import type { MimeBundle } from "./host.ts";
import type { NumericArray } from "./numericArray.ts";
import { pictureOfNumbers } from "./pictureOfNumbers.ts";
import { summarize } from "./summarize.ts";

/** Elements that the text shows of a long array. */
const SHOWN_ELEMENTS = 24;

/** dtype, shape, range, mean, counts of what is not finite, first elements, and a small picture. */
export function numericBundle(array: NumericArray): MimeBundle {
  const { data, shape, dims, dtype } = array;
  const summary = summarize(array);
  const axes = shape.map((length, axis) => (dims[axis] ? `${dims[axis]} ${length}` : `${length}`));
  const head = `${dtype} (${axes.join(", ")})`;
  const facts: [name: string, value: string][] = [
    ["min", number(summary.min)],
    ["max", number(summary.max)],
    ["mean", number(summary.mean)],
    ["NaN", String(summary.nanCount)],
    ...(summary.infiniteCount > 0
      ? [["infinite", String(summary.infiniteCount)] as [string, string]]
      : []),
  ];
  const elements = [...data.subarray(0, SHOWN_ELEMENTS)].map((element) =>
    typeof element === "bigint" ? `${element}` : number(element),
  );
  const more = data.length > SHOWN_ELEMENTS ? [`… ${data.length - SHOWN_ELEMENTS} more`] : [];
  const list = `[ ${[...elements, ...more].join(", ")} ]`;
  const text = [head, ...facts.map(([name, value]) => `${name} ${value}`)].join("  ");
  const cells = facts.map(([name, value]) => `${name} <b>${escapeHtml(value)}</b>`).join(" · ");
  const picture = pictureOfNumbers(array, summary);
  return {
    "text/plain": data.length === 0 ? head : `${text}\n${list}`,
    "text/html":
      `<div><code>${escapeHtml(head)}</code> ${cells}</div>` +
      `${picture === null ? "" : `<div>${picture}</div>`}<div><code>${escapeHtml(list)}</code></div>`,
  };
}

function number(value: number | null): string {
  if (value === null) return "none";
  if (!Number.isFinite(value)) return String(value);
  return inspect(Number(value.toPrecision(6)));
}
