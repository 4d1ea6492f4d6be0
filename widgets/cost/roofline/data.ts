import type {
  CostClass,
  RooflinePhase,
  RooflinePoint,
  RooflineRecord,
} from "../../../engine/trace/schema.ts";
import type { Axis } from "../../render/chart/axes.ts";
import type { Tone } from "../../render/chart/tones.ts";
import {
  byteCount,
  flopCount,
  milliseconds,
  percent,
  siNumber,
} from "../../render/formatNumber.ts";
import { toneOf } from "../classGroups.ts";
import { CLASS_NAMES } from "../data.ts";

type Phase = RooflinePhase["phase"];

/** A part of the model in one phase, or all of a phase. */
export interface RooflineRow {
  readonly phase: Phase;
  /** Null: the whole phase. */
  readonly costClass: CostClass | null;
  readonly name: string;
  readonly tone: Tone;
  readonly point: RooflinePoint;
}

/** A row that has a place in the picture. */
export interface RooflineDot {
  readonly row: RooflineRow;
  /** FLOPs for each byte. */
  readonly x: number;
  /** FLOPs a second: measured, or those of the roof above it. */
  readonly y: number;
  readonly isMeasured: boolean;
}

/** Each phase, whole first, then its parts; parts of which nothing is counted are left out. */
export function rooflineRows({ phases }: RooflineRecord): RooflineRow[] {
  return phases.flatMap(({ phase, whole, classes }) => [
    { phase, costClass: null, name: `all of ${phase}`, tone: "grey0" as const, point: whole },
    ...classes
      .filter(({ bound }) => bound !== null)
      .map(({ costClass, ...point }) => ({
        phase,
        costClass,
        name: CLASS_NAMES[costClass],
        tone: toneOf(costClass),
        point,
      })),
  ]);
}

/** The most FLOPs a second at an intensity. */
export function roofAt({ device, flopsPerSecond }: RooflineRecord, intensity: number): number {
  return Math.min(device.bytesPerSecond * intensity, flopsPerSecond);
}

/** Rows that have FLOPs and bytes; a row without either stands in the table alone. */
export function rooflineDots(record: RooflineRecord): RooflineDot[] {
  return rooflineRows(record).flatMap((row) => {
    const { intensity: x, flops, measuredMs } = row.point;
    if (x === null || x <= 0) return [];
    const isMeasured = measuredMs !== null && measuredMs > 0;
    const y = isMeasured ? (flops / measuredMs) * 1000 : roofAt(record, x);
    return [{ row, x, y, isMeasured }];
  });
}

/** Both axes, wide enough for the ridge and all dots. */
export function rooflineAxes(record: RooflineRecord): { readonly x: Axis; readonly y: Axis } {
  const dots = rooflineDots(record);
  const xs = [...dots.map(({ x }) => x), record.ridge];
  const [least, most] = [Math.min(...xs) / 2, Math.max(...xs) * 4];
  const ys = [...dots.map(({ y }) => y), roofAt(record, least), record.flopsPerSecond];
  return {
    x: { label: "FLOP for each byte", domain: [least, most], isLog: true, format: siNumber },
    y: {
      label: "FLOP/s",
      domain: [Math.min(...ys) / 2, Math.max(...ys) * 2],
      isLog: true,
      format: siNumber,
    },
  };
}

/** How near a row came to the limit, and why where it is said to be above. */
export function shareText({ share, aboveLimit }: RooflinePoint): string {
  if (share === null) return "not measured";
  const said = `${percent(share)} of the limit`;
  if (aboveLimit === "caches") return `${said} (weights came from the processor's caches)`;
  if (aboveLimit === "device") return `${said} (the device does more than its record says)`;
  return said;
}

/** One row in a sentence, each number with where it comes from. */
export function rowText(row: RooflineRow): string {
  const { intensity, bound, leastMs, measuredMs } = row.point;
  const at = intensity === null ? "no bytes moved" : `${siNumber(intensity)} FLOP for each byte`;
  const limit = bound === null ? "" : `, bound by ${bound === "memory" ? "memory" : "arithmetic"}`;
  const time =
    measuredMs === null
      ? "not measured"
      : `${milliseconds(measuredMs)} (measured), ${shareText(row.point)}`;
  const where = row.costClass === null ? row.name : `${row.name}, ${row.phase}`;
  return `${where}: ${at}${limit}, at least ${milliseconds(leastMs)} (derived), ${time}`;
}

/** The device and its two limits. */
export function limitsText({ device, dtype, flopsPerSecond, ridge }: RooflineRecord): string {
  return `${device.name}: ${byteCount(device.bytesPerSecond)}/s, ${flopCount(flopsPerSecond)}/s in ${dtype}, level from ${siNumber(ridge)} FLOP for each byte on (${device.source}, ${device.date})`;
}

/** Is this what `run.roofline` gives? @returns what is wrong in words, or null */
export function wrongWithRoofline(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return String(value);
  const { device, flopsPerSecond, ridge, phases } = value as Partial<RooflineRecord>;
  if (device === undefined || !Array.isArray(phases)) return "an object of another kind";
  const limits = [device.bytesPerSecond, flopsPerSecond, ridge];
  const areLimits = limits.every((limit) => Number.isFinite(limit) && Number(limit) > 0);
  return areLimits ? null : `limits of ${limits.map(String).join(", ")}`;
}
