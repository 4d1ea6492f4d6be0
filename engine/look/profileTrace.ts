import type { BackendInfo } from "../backend/backend.ts";
import type { DeviceDType } from "../backend/deviceTensor.ts";
import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import { costClassOf } from "../cost/costClass.ts";
import { costedOperators } from "../cost/costedOperators.ts";
import { operatorWork } from "../cost/costOf.ts";
import type { Quantities } from "../cost/costTable.ts";
import type { StepProfile, StepTaken } from "../execute/stepTaken.ts";
import { concreteShape } from "../plan/concreteShape.ts";
import type { PlanOp } from "../plan/plan.ts";
import type { ProfileTrace, RoutingRecord, RunRecord, TraceName } from "../trace/schema.ts";
import { remembered, stepsTaken } from "./runCost.ts";
import type { RunState } from "./runState.ts";
import { TraceTrack } from "./traceTrack.ts";

export interface ProfileTraceOptions {
  /** Steps [start, end) of the run, counted from 0; default: all. */
  readonly steps?: readonly [start: number, end: number];
}

const PROFILE_TRACE_OPTIONS: OptionNames<ProfileTraceOptions> = { steps: true };

/** Slices that one trace may have: about 300 bytes each, in memory and in a file. */
const MOST_SLICES = 500_000;

type Measured = StepTaken & { readonly profile: StepProfile };

export interface TracedRun {
  readonly state: RunState;
  readonly record: RunRecord;
  /** Null where routes were not kept: then nobody knows what experts took. */
  readonly routing: RoutingRecord | null;
  readonly floatDType: DeviceDType;
  /** What times of operators were measured with. */
  readonly operatorTimes: BackendInfo["operatorTimes"];
}

/**
 * The steps of a measured run as slices: a step, in it its layers, in them their operators. Steps of the draft module have a track
 * of their own, by the host's clock. Where operators are measured by a device's timestamps, its clock is taken to begin with the step.
 * @throws InputError ERR_NOT_KEPT for a run that was not measured, ERR_OPTION
 * @see https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU (Trace Event Format)
 */
export function profileTrace(run: TracedRun, options: ProfileTraceOptions = {}): ProfileTrace {
  checkOptions("profileTrace", options, PROFILE_TRACE_OPTIONS);
  const all = measuredSteps(run);
  const [first, end] = checkSteps(options.steps, all.length);
  const steps = all.slice(first, end);
  checkSlices(steps);
  const begins = steps.flatMap(({ profile, drafting }) => [
    profile.startedAtMs,
    ...drafting.map(({ startedAtMs }) => startedAtMs),
  ]);
  const zeroMs = begins.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const track = new TraceTrack(1, zeroMs);
  const drafts = new TraceTrack(2, zeroMs);
  const workOf = worker(run);
  const isDeviceClock = run.operatorTimes === "timestamps";
  for (const step of steps) {
    addStep(track, step, run.record, { work: workOf(step), isDeviceClock });
    for (const { startedAtMs, durationMs, start, nTokens } of step.drafting)
      drafts.add("draft", `draft ${start + nTokens}`, startedAtMs, durationMs, { start, nTokens });
  }
  const { model, backend } = run.record;
  const names = [
    named("process_name", 0, `${model.name} on ${backend.name} (${backend.device})`),
    named("thread_name", 1, "forward pass"),
    ...(drafts.slices.length > 0 ? [named("thread_name", 2, "draft module")] : []),
  ];
  return {
    traceEvents: [...names, ...track.slices, ...drafts.slices],
    displayTimeUnit: "ns",
    otherData: {
      runId: run.record.runId,
      model: model.name,
      backend: backend.name,
      device: backend.device,
      operatorTimes: run.operatorTimes ?? "none",
    },
  };
}

/** One step: its slice around those of its layers and operators. */
function addStep(
  track: TraceTrack,
  step: Measured,
  { tokens }: RunRecord,
  { work, isDeviceClock }: { readonly work: StepWork; readonly isDeviceClock: boolean },
): void {
  const { profile, phase, start, nTokens, nRejected, durationMs } = step;
  const { plan, startedAtMs, times } = profile;
  const rows = nTokens + nRejected;
  const range = rows === 1 ? `${start}` : `${start} to ${start + rows - 1}`;
  const text = tokens.slice(start, start + nTokens).map((token) => token.text);
  const closeStep = track.open("step", `${phase} ${range}`, startedAtMs, {
    ...{ phase, start, nTokens, nRejected, durationMs },
    attention: [...new Set(step.form)],
    text: text.join(""),
  });
  const shiftNs = isDeviceClock ? startedAtMs * 1e6 - (times.startNs[0] ?? 0) : 0;
  let layer: number | null = null;
  let closeLayer = (): void => {};
  for (const [i, op] of plan.ops.entries()) {
    const startMs = ((times.startNs[i] ?? 0) + shiftNs) / 1e6;
    if (op.layer !== layer) {
      closeLayer();
      const isLayer = op.layer !== null;
      closeLayer = isLayer
        ? track.open("layer", `layer ${op.layer}`, startMs, { layer: op.layer })
        : () => {};
      layer = op.layer;
    }
    const shapes = { rows, capacity: start + rows };
    const name = `${op.operator.kind} ${withinBlock(op)}`;
    const took = (times.durationNs[i] ?? 0) / 1e6;
    track.add("operator", name, startMs, took, operatorArgs(op, step, shapes, work[i] ?? null));
  }
  closeLayer();
  closeStep(startedAtMs + durationMs);
}

function operatorArgs(
  op: PlanOp,
  { profile: { plan } }: Measured,
  sizes: { readonly rows: number; readonly capacity: number },
  work: Quantities | null,
): Record<string, unknown> {
  const [writes] = op.outputs;
  const value = writes === undefined ? undefined : plan.values.get(writes);
  return {
    ...{ kind: op.operator.kind, layer: op.layer, costClass: costClassOf(op) },
    writes: writes ?? null,
    shape: value === undefined ? null : concreteShape(value, sizes),
    weights: op.weights,
    ...(work ?? { flops: null, weightBytes: null, kvReadBytes: null, kvWriteBytes: null }),
  };
}

/** What each operator of a step took; null where the routes of its experts are not known. */
type StepWork = readonly (Quantities | null)[];

function worker({ state, routing, floatDType }: TracedRun): (step: Measured) => StepWork {
  const { weights } = state.device;
  const sizes = { rows: state.rows, capacity: state.nTokens };
  const known = new Map<StepProfile["plan"], ReturnType<typeof costedOperators>>();
  return (step) => {
    const { plan } = step.profile;
    const operators = remembered(known, plan, () =>
      costedOperators(plan, weights, floatDType, sizes),
    );
    const { nTokens, nRejected, start, phase, durationMs } = step;
    const chunk = { ...step, phase, start, nTokens, nRejected, durationMs, drafting: [] };
    if (routing !== null) return operatorWork({ ...chunk, operators }, routing);
    return operators.map((operator) => {
      const { kind } = operator.operator;
      if (kind === "expertsUp" || kind === "expertsDown") return null;
      return operatorWork({ ...chunk, operators: [operator] }, null)[0] ?? null;
    });
  };
}

/** @throws InputError ERR_NOT_KEPT */
function measuredSteps({ state, routing }: TracedRun): Measured[] {
  const steps = routing === null ? state.steps : stepsTaken(state, routing);
  const measured = steps.flatMap((step) =>
    step.profile === undefined ? [] : [{ ...step, profile: step.profile }],
  );
  if (measured.length > 0 && measured.length === steps.length) return measured;
  throw new InputError(
    "ERR_NOT_KEPT",
    "run.profileTrace: expected a run whose operators were measured, got one without times. Run the prompt with profile: true.",
  );
}

/** @throws InputError ERR_OPTION */
function checkSteps(given: unknown, count: number): readonly [number, number] {
  if (given === undefined) return [0, count];
  const [first, end] = Array.isArray(given) && given.length === 2 ? given : [-1, -1];
  if (Number.isInteger(first) && Number.isInteger(end) && first >= 0 && first < end && end <= count)
    return [first, end];
  throw new InputError(
    "ERR_OPTION",
    `profileTrace steps: expected [start, end) within the run's ${count} steps, got ${JSON.stringify(given)}. Leave it out for all.`,
  );
}

/** @throws InputError ERR_OPTION for more slices than a viewer takes */
function checkSlices(steps: readonly Measured[]): void {
  let count = 0;
  for (const [i, { profile, form }] of steps.entries()) {
    count += 1 + form.length + profile.plan.ops.length;
    if (count > MOST_SLICES)
      throw new InputError(
        "ERR_OPTION",
        `profileTrace steps: expected steps of at most ${MOST_SLICES} slices together, got ${steps.length} steps, of which the first ${i + 1} have ${count}. Ask for fewer: steps: [0, ${Math.max(1, i)}].`,
      );
  }
}

function named(name: TraceName["name"], tid: number, text: string): TraceName {
  return { ph: "M", name, pid: TraceTrack.pid, tid, args: { name: text } };
}

function withinBlock({ outputs: [name = ""] }: PlanOp): string {
  return name.replace(/^blocks\.\d+\./, "");
}
