import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import { COST_QUANTITIES } from "../cost/costTable.ts";
import type {
  CostRecord,
  DeviceRecord,
  OperatorTime,
  RooflinePhase,
  RooflinePoint,
  RooflineRecord,
} from "../trace/schema.ts";
import { checkDevice } from "./deviceRecord.ts";

export interface RooflineOptions {
  /** Whose FLOPs a second count; default "f32". */
  readonly dtype?: keyof DeviceRecord["flopsPerSecond"];
  /** Measured times of the run's operators, as `run.profile` has them. Default: parts of the model have no measured time. */
  readonly profile?: readonly OperatorTime[];
}

const ROOFLINE_OPTIONS: OptionNames<RooflineOptions> = { dtype: true, profile: true };

/** No processor keeps more than that at hand: what is read again and again and is larger comes from memory. */
const LARGEST_CACHE_BYTES = 2 ** 31;

interface Work {
  readonly flops: number;
  readonly bytes: number;
}

interface Roof {
  readonly bytesPerSecond: number;
  readonly flopsPerSecond: number;
  /** May what a step reads lie in the processor's caches? */
  readonly fitsCaches: boolean;
}

/**
 * The least time that a run's work can take on a device, whole and by part of the model, and the share of that limit that was reached:
 * bytes / bytesPerSecond or FLOPs / flopsPerSecond, whichever is longer. Arithmetic and traffic may overlap fully, so that no order of
 * execution is faster; only bytes that come from caches are.
 * @throws InputError ERR_OPTION
 * @see Williams, Waterman, Patterson: Roofline, doi:10.1145/1498765.1498785
 */
export function roofline(
  cost: CostRecord,
  device: DeviceRecord,
  options: RooflineOptions = {},
): RooflineRecord {
  checkOptions("roofline", options, ROOFLINE_OPTIONS);
  checkDevice("roofline device", device);
  const { dtype = "f32", profile = [] } = options;
  const flopsPerSecond = speedOf(device, dtype);
  const { bytesPerSecond } = device;
  const { weightBytes, kvReadBytes } = cost.nextDecode;
  const fitsCaches = weightBytes + kvReadBytes <= LARGEST_CACHE_BYTES;
  const roof = { bytesPerSecond, flopsPerSecond, fitsCaches };
  const phases = (["prefill", "decode"] as const).flatMap((phase) =>
    cost.tokens.some((token) => token.phase === phase) ? [phaseOf(cost, phase, roof, profile)] : [],
  );
  const ridge = flopsPerSecond / bytesPerSecond;
  return { device, dtype, flopsPerSecond, ridge, phases };
}

function phaseOf(
  cost: CostRecord,
  phase: RooflinePhase["phase"],
  roof: Roof,
  profile: readonly OperatorTime[],
): RooflinePhase {
  const positions = cost.tokens.flatMap((token, row) => (token.phase === phase ? [row] : []));
  const tokens = positions.flatMap((row) => cost.tokens[row] ?? []);
  const times = tokens.map(({ durationMs }) => durationMs);
  const classes = cost.classes.flatMap(({ costClass }, i) => {
    const own = profile.filter((row) => row.phase === phase && row.costClass === costClass);
    const ns = own.reduce((sum, { timeNs }) => sum + timeNs, 0);
    const measuredMs = own.length === 0 ? null : ns / 1e6;
    const work = workOf(cost, positions, i);
    if (work.flops === 0 && work.bytes === 0 && measuredMs === null) return [];
    return [{ costClass, ...pointOf(work, measuredMs, roof) }];
  });
  const sums = cost.classes.map((_, i) => workOf(cost, positions, i));
  const work = {
    flops: sums.reduce((sum, { flops }) => sum + flops, 0),
    bytes: sums.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  const whole = pointOf(work, times.includes(null) ? null : summed(times), roof);
  const nTokens = tokens.filter(({ index }) => index >= cost.sharedPrefixTokens).length;
  const hasWork = whole.bound !== null && nTokens > 0;
  const mostTokensPerSecond = hasWork ? (nTokens * 1000) / whole.leastMs : null;
  return { phase, nTokens, whole, classes, mostTokensPerSecond };
}

function pointOf({ flops, bytes }: Work, measuredMs: number | null, roof: Roof): RooflinePoint {
  const memoryMs = (bytes / roof.bytesPerSecond) * 1000;
  const computeMs = (flops / roof.flopsPerSecond) * 1000;
  const leastMs = Math.max(memoryMs, computeMs);
  const bound = leastMs === 0 ? null : memoryMs >= computeMs ? "memory" : "compute";
  const isTimed = bound !== null && measuredMs !== null && measuredMs > 0;
  const share = isTimed ? leastMs / measuredMs : null;
  const isAbove = share !== null && share > 1;
  const reason = bound === "memory" && roof.fitsCaches ? "caches" : "device";
  return {
    flops,
    bytes,
    intensity: bytes === 0 ? null : flops / bytes,
    bound,
    leastMs,
    measuredMs,
    share,
    aboveLimit: isAbove ? reason : null,
  };
}

/** What one part of the model took of these tokens. */
function workOf(cost: CostRecord, positions: readonly number[], index: number): Work {
  const width = COST_QUANTITIES.length;
  let [flops, bytes] = [0, 0];
  for (const position of positions) {
    const first = (position * cost.classes.length + index) * width;
    const [own = 0, ...moved] = cost.byClass.subarray(first, first + width);
    flops += own;
    bytes += moved.reduce((sum, each) => sum + each, 0);
  }
  return { flops, bytes };
}

function summed(times: readonly (number | null)[]): number {
  return times.reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
}

/** @throws InputError ERR_OPTION */
function speedOf(device: DeviceRecord, dtype: unknown): number {
  const known = Object.entries(device.flopsPerSecond);
  const found = known.find(([name]) => name === dtype);
  if (found?.[1] !== undefined) return found[1];
  throw new InputError(
    "ERR_OPTION",
    `roofline dtype: expected one that ${device.name} has a speed of (${known.map(([name]) => name).join(", ")}), got ${JSON.stringify(dtype)}. Leave it out for f32.`,
  );
}
