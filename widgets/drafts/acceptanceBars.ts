import { round, type SvgNode, svg, svgLabel } from "../render/chart/svgNode.ts";
import { percent } from "../render/formatNumber.ts";
import type { DomainAcceptance, Rate } from "./data.ts";

const LEFT = 170;
const COUNT_ROOM = 150;
const ROW = 22;
const TOP = 6;

export interface AcceptanceRow {
  readonly domain: string;
  readonly label: string;
  readonly rate: Rate;
  readonly isWhole: boolean;
}

/** A row for each label, and one for each place in a step below it. */
export function acceptanceRows(domains: readonly DomainAcceptance[]): AcceptanceRow[] {
  return domains.flatMap(({ name, nRuns, acceptance }) => [
    {
      ...{ domain: name, isWhole: true, rate: acceptance },
      label: nRuns === 1 ? name : `${name} (${nRuns} runs)`,
    },
    ...acceptance.byPosition.map((rate, i) => ({
      ...{ domain: name, isWhole: false, rate, label: `draft ${i + 1} of a step` },
    })),
  ]);
}

/** Bars of shares accepted, with counts beside them. */
export function acceptanceBars(
  rows: readonly AcceptanceRow[],
  width: number,
): {
  readonly node: SvgNode;
  readonly height: number;
  readonly rowAt: (y: number) => number | null;
} {
  const full = Math.max(60, width - LEFT - COUNT_ROOM);
  const nodes = rows.flatMap(({ label, rate, isWhole }, i): SvgNode[] => {
    const y = TOP + i * ROW;
    const share = rate.rate ?? 0;
    return [
      svgLabel(isWhole ? "t n e" : "m e", LEFT - 10, y + 14, cut(label)),
      svg("rect", { class: "f", x: LEFT, y: y + 4, width: round(full), height: 12 }),
      svg("rect", {
        ...{ class: isWhole ? "blue0" : "blue1", fill: "currentColor" },
        ...{ x: LEFT, y: y + 4, width: round(full * share), height: 12 },
      }),
      svgLabel(
        "m",
        LEFT + full + 8,
        y + 14,
        rate.rate === null
          ? "none judged"
          : `${percent(rate.rate)} · ${rate.accepted} of ${rate.judged}`,
      ),
    ];
  });
  const height = TOP + rows.length * ROW + 4;
  return {
    node: svg("g", {}, ...nodes),
    height,
    rowAt: (y) => {
      const row = Math.floor((y - TOP) / ROW);
      return row >= 0 && row < rows.length ? row : null;
    },
  };
}

/** Labels are the user's: as many letters as there is room for. */
function cut(text: string): string {
  return text.length <= 24 ? text : `${text.slice(0, 23)}…`;
}
