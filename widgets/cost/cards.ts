import { type Child, element } from "../render/element.ts";
import { byteCount, flopCount, milliseconds, percent, siNumber } from "../render/formatNumber.ts";
import { tokensText } from "./costText.ts";
import type { CostTotals, PhaseTotals } from "./data.ts";

/** A phase's totals; of a run that decoded nothing, what the next token would take. */
export function phaseCard(
  totals: CostTotals,
  phase: "prefill" | "decode",
  sum: PhaseTotals,
): HTMLElement {
  const title = phase === "prefill" ? "Prefill" : "Decode";
  if (sum.nTokens === 0)
    return card(title, "no tokens", phase === "decode" ? nextToken(totals) : []);
  const seconds = sum.durationMs === null ? null : sum.durationMs / 1000;
  const bytes = sum.weightBytes + sum.kvBytes;
  const nComputed = sum.nTokens - (phase === "prefill" ? totals.sharedPrefixTokens : 0);
  return card(
    title,
    tokensText(totals, phase, sum.nTokens),
    row(
      "time",
      milliseconds(sum.durationMs),
      "measured",
      "tokens/s",
      seconds ? siNumber(nComputed / seconds) : "not measured",
      "measured",
      "FLOPs",
      flopCount(sum.flops),
      "derived",
      "weights read",
      byteCount(sum.weightBytes),
      "derived",
      "KV traffic",
      byteCount(sum.kvBytes),
      "derived",
      "bandwidth",
      seconds ? `${byteCount(bytes / seconds)}/s` : "not measured",
      "derived",
    ),
  );
}

function nextToken({ nextDecode }: CostTotals): HTMLElement[] {
  const { flops, weightBytes, kvReadBytes, kvWriteBytes } = nextDecode;
  return row(
    "next token",
    flopCount(flops),
    "derived",
    "and moves",
    byteCount(weightBytes + kvReadBytes + kvWriteBytes),
    "derived",
  );
}

/** What the cache takes, and its share of what full heads would. */
export function cacheCard(totals: CostTotals): HTMLElement {
  const share = totals.kvBytesPerToken / totals.kvBytesPerTokenMha;
  return card("KV cache", byteCount(totals.kvCacheBytes), [
    meter(share, "share of what full heads would take"),
    ...row(
      "per token",
      byteCount(totals.kvBytesPerToken),
      "derived",
      "with full heads",
      byteCount(totals.kvBytesPerTokenMha),
      "derived",
      "that is",
      `${Number((1 / share).toPrecision(3))} × more`,
      "derived",
    ),
  ]);
}

export function parameterCard(totals: CostTotals): HTMLElement {
  const share = totals.activeParameters / totals.totalParameters;
  return card(
    "Parameters at work",
    `${siNumber(totals.activeParameters)} of ${siNumber(totals.totalParameters)}`,
    [
      meter(share, "share of the parameters that serve one token"),
      ...row("active per token", percent(share), "derived"),
      ...(totals.draftParameters > 0
        ? row("more to draft tokens", siNumber(totals.draftParameters), "derived")
        : []),
    ],
  );
}

function card(title: string, big: string, children: readonly Child[]): HTMLElement {
  const terms = children.filter((c) => c instanceof HTMLElement && /^D[TD]$/.test(c.tagName));
  const rest = children.filter((c) => !terms.includes(c));
  return element(
    "div",
    { class: "vt-card" },
    element("h4", {}, title),
    element("p", { class: "vt-big" }, big),
    ...rest,
    element("dl", {}, ...terms),
  );
}

/** Triples of name, value and provenance as dt and dd. */
function row(...triples: readonly string[]): HTMLElement[] {
  const nodes: HTMLElement[] = [];
  for (let i = 0; i < triples.length; i += 3) {
    const provenance = triples[i + 2] ?? "derived";
    nodes.push(
      element("dt", {}, triples[i] ?? ""),
      element(
        "dd",
        { title: provenance },
        `${triples[i + 1]} `,
        element("span", { class: `vt-${provenance}` }, provenance),
      ),
    );
  }
  return nodes;
}

function meter(share: number, label: string): HTMLElement {
  return element(
    "div",
    {
      class: "vt-meter",
      role: "meter",
      "aria-label": label,
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-valuenow": (share * 100).toFixed(1),
    },
    element("span", { style: `width:${(100 * Math.min(1, share)).toFixed(2)}%` }),
  );
}
