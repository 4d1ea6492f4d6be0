import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { checkDevice } from "../machine/deviceRecord.ts";
import { roofline } from "../machine/roofline.ts";
import type {
  CostRecord,
  DeviceRecord,
  OperatorTime,
  RooflineRecord,
  RunRecord,
} from "../trace/schema.ts";

export interface RunRooflineOptions {
  /** What `measureDevice` tells of a backend, or a data sheet of a device. */
  readonly device: DeviceRecord;
  /** Whose FLOPs a second count; default: those of the arithmetic that the run had, "i16" or "f32". */
  readonly dtype?: keyof DeviceRecord["flopsPerSecond"];
}

const RUN_ROOFLINE_OPTIONS: OptionNames<RunRooflineOptions> = { device: true, dtype: true };

/** @param run its operators' times, null where they were not measured. @throws InputError ERR_OPTION, and what `cost` throws */
export function runRoofline(
  options: RunRooflineOptions,
  {
    record,
    profile,
    cost,
  }: {
    readonly record: RunRecord;
    readonly profile: readonly OperatorTime[] | null;
    readonly cost: () => CostRecord;
  },
): RooflineRecord {
  checkOptions("run.roofline", options, RUN_ROOFLINE_OPTIONS);
  const { device } = options;
  checkDevice("run.roofline device", device);
  const isInteger = record.backend.arithmetic === "i16" && device.flopsPerSecond.i16 !== undefined;
  const { dtype = isInteger ? "i16" : "f32" } = options;
  return roofline(cost(), device, { dtype, profile: profile ?? [] });
}
