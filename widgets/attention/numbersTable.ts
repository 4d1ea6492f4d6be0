import { type DataTable, dataTable } from "../render/dataTable.ts";
import { exactF32 } from "../render/formatNumber.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { createHeadTable } from "./headTable.ts";
import type { Looking } from "./looking.ts";
import type { MetricLoader } from "./metricLoader.ts";
import { mapTitle } from "./progress.ts";

interface NumbersTableOptions {
  readonly tokenTexts: readonly string[];
  readonly headsByLayer: readonly number[];
  readonly metrics: MetricLoader;
  readonly looking: () => Looking;
  readonly litToken: () => number;
  /** From the lit token, or to it; null while they are read. */
  readonly litWeights: () => Float32Array | null;
}

const COLUMNS = [
  { label: "position", isNumber: true },
  { label: "token", isNumber: false },
  { label: "weight", isNumber: true },
];

/** The numbers behind what is shown: the lit token's weights where a map is open, else what all heads do. */
export function createNumbersTable(options: NumbersTableOptions): DataTable {
  const { tokenTexts, looking, litToken, litWeights } = options;
  const heads = createHeadTable(options.headsByLayer, options.metrics);
  const text = (position: number): string => visibleToken(tokenTexts[position] ?? "");
  const isFrom = (): boolean => looking().direction === "from";
  return dataTable({
    caption: () => {
      const { isOpen, place, over, metricsOf } = looking();
      const runs = metricsOf === "runs" ? ", then over runs" : "";
      if (!isOpen) return `All heads: means over queries${runs} of what rows of their maps say`;
      const token = litToken();
      return `${mapTitle(place, over)}: exact weights ${isFrom() ? "from" : "to"} token ${token} (${text(token)}); recomputed from the kept queries and keys`;
    },
    columns: () => (looking().isOpen ? COLUMNS : heads.columns),
    nRows: () => {
      if (!looking().isOpen) return heads.nRows;
      return isFrom() ? litToken() + 1 : tokenTexts.length - litToken();
    },
    row: (i) => {
      if (!looking().isOpen) return heads.row(i);
      const position = isFrom() ? i : litToken() + i;
      const weight = litWeights()?.[position];
      return [String(position), text(position), weight === undefined ? "…" : exactF32(weight)];
    },
  });
}
