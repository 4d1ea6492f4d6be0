import { breathe } from "../base/breathe.ts";
import { AbortedError, InputError } from "../base/errors.ts";
import type { ProgressListener } from "../base/progress.ts";
import { Execution } from "../execute/execution.ts";
import { elementBytes } from "../execute/keptBytes.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import type { OpenStep } from "../execute/openStep.ts";
import { nPromptOf } from "../look/rotatedQuery.ts";
import { type RunState, specOf } from "../look/runState.ts";
import { uniformForm } from "../plan/attentionForm.ts";
import { LOGITS } from "../plan/compilePlan.ts";
import { concreteShape } from "../plan/concreteShape.ts";
import type { Plan, PlanValue } from "../plan/plan.ts";
import type { HostArray } from "../tensor/tensor.ts";
import type { GradientPath } from "./gradientPath.ts";
import type { Floats } from "./vjp.ts";

/** What of a forward pass the way back takes, on the host. */
export interface Tape {
  /** Tokens that went through: up to the metric's position. */
  readonly nTokens: number;
  /** (V) of the last of them. */
  readonly logits: Floats;
  /** By name, row after row. */
  readonly values: ReadonlyMap<string, HostArray>;
  /** Of a "context" axis that is not the first. */
  readonly columns: number;
}

/** How a forward pass is done once more. */
export interface TapeRequest {
  readonly state: RunState;
  /** The metric's. */
  readonly position: number;
  /** Values that no fusion may swallow. */
  readonly observed: ReadonlySet<string>;
  readonly chunkSize: number;
  /** Bytes. */
  readonly budget: number;
  /** Bytes of it that gradients take beside the tape. */
  readonly gradientBytes: (plan: Plan, path: GradientPath) => number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ProgressListener | undefined;
}

/**
 * Runs the tokens up to the metric's position again and keeps what `pathOf` says that the way back takes. The token of the metric
 * goes last and alone, so that logits are made of its row and of no other. Latent attention is expanded in every layer.
 * @throws InputError ERR_BUDGET, and what `pathOf` throws, before anything runs; AbortedError ERR_ABORTED
 */
export async function recordTape(
  request: TapeRequest,
  pathOf: (plan: Plan) => GradientPath,
): Promise<{ readonly plan: Plan; readonly path: GradientPath; readonly tape: Tape }> {
  const { state, position, observed, chunkSize, signal, onProgress } = request;
  const { device, ids, edits } = state;
  const nTokens = position + 1;
  const form = uniformForm(specOf(state), "expanded");
  const rows = Math.max(1, Math.min(chunkSize, position));
  const sizes = { capacity: nTokens, nPrompt: nPromptOf(state), rows };
  const options = {
    ...sizes,
    keep: "nothing",
    capture: new Set<string>(),
    observed,
    edits,
  } as const;
  const execution = new Execution(device, { ...options, stepped: true });
  try {
    const plan = execution.plan(form);
    const path = pathOf(plan);
    checkBytes(device, plan, path, request);
    const kept = keptValues(plan, path);
    const values = new Map<string, HostArray>();
    let logits: HostArray | null = null;
    for (let start = 0; start < nTokens; ) {
      if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
      const isLast = start === position;
      const end = isLast ? nTokens : Math.min(start + rows, position);
      const open = await execution.openStep(ids.slice(start, end), form, "prefill", ids[end]);
      await open.execute(0, isLast ? plan.ops.length : path.head);
      for (const { name } of kept.ofRows)
        append(values, name, await open.read(name), start, nTokens, end - start);
      if (isLast) logits = await readLast(open, kept.ofPositions, values);
      await open.complete();
      onProgress?.({ stage: "prefill", done: end, total: nTokens, label: "backward" });
      await breathe();
      start = end;
    }
    if (logits === null) throw new Error("no step had the metric's position");
    const tape = {
      nTokens,
      logits: logits as Floats,
      values,
      columns: columnsOf(kept.ofRows, values, nTokens),
    };
    return { plan, path, tape };
  } finally {
    execution.dispose();
  }
}

interface KeptValues {
  /** A row for each token, which each step makes. */
  readonly ofRows: readonly PlanValue[];
  /** Caches, tables, and what is as long as they are. */
  readonly ofPositions: readonly PlanValue[];
}

/** Inputs and constants are those of the edits. */
function keptValues(plan: Plan, { read }: Pick<GradientPath, "read">): KeptValues {
  const values = [...read].flatMap((name) => plan.values.get(name) ?? []);
  const isOfSteps = ({ role, shape }: PlanValue) => role === "activation" && shape[0] === "T";
  const ofPositions = values.filter(
    (value) => !isOfSteps(value) && value.role !== "input" && value.role !== "constant",
  );
  return { ofRows: values.filter(isOfSteps), ofPositions };
}

/** What the host holds at once: the tape with the rows of a step, then the tape with the gradients. @throws InputError ERR_BUDGET */
function checkBytes(
  device: ModelDevice,
  plan: Plan,
  path: GradientPath,
  { position, budget, gradientBytes, chunkSize }: TapeRequest,
): void {
  const nTokens = position + 1;
  const { ofRows, ofPositions } = keptValues(plan, path);
  const bytesOf = (value: PlanValue | undefined, rows: number): number => {
    if (value === undefined) return 0;
    const shape = concreteShape(value, { rows, capacity: nTokens });
    return shape.reduce((a, b) => a * b, elementBytes(device, value.dtype));
  };
  const whole = [...ofRows, ...ofPositions].map((value) => bytesOf(value, nTokens));
  const tape = whole.reduce((a, b) => a + b, bytesOf(plan.values.get(LOGITS), 1));
  const ofStep = ofRows.map((value) => bytesOf(value, Math.min(chunkSize, nTokens)));
  const bytes = tape + Math.max(gradientBytes(plan, path), ...ofStep);
  if (bytes <= budget) return;
  throw new InputError(
    "ERR_BUDGET",
    `backward: expected at most ${budget} bytes of gradients and of what the forward pass computed on the host, got ${bytes} for ${nTokens} tokens. Ask for fewer sites, or for those of later layers alone, take a metric at an earlier position, or pass a larger budget.`,
  );
}

function append(
  values: Map<string, HostArray>,
  name: string,
  rows: HostArray,
  start: number,
  nTokens: number,
  nRows: number,
): void {
  const width = rows.length / nRows;
  const make = rows.constructor as new (length: number) => HostArray;
  const whole = values.get(name) ?? new make(width * nTokens);
  whole.set(rows, start * width);
  values.set(name, whole);
}

/** @returns the logits of the last step's row */
async function readLast(
  open: OpenStep,
  ofPositions: readonly PlanValue[],
  values: Map<string, HostArray>,
): Promise<HostArray> {
  for (const { name } of ofPositions) values.set(name, await open.readSoFar(name));
  return open.read(LOGITS);
}

/** Of maps (T, H, context), or of index scores: as wide as the frame. */
function columnsOf(
  ofRows: readonly PlanValue[],
  values: ReadonlyMap<string, HostArray>,
  nTokens: number,
): number {
  const map = ofRows.find(({ shape }) => shape.includes("context"));
  if (map === undefined) return nTokens;
  const others = map.shape
    .slice(1)
    .reduce<number>((n, axis) => (typeof axis === "number" ? n * axis : n), 1);
  return (values.get(map.name)?.length ?? 0) / (nTokens * others);
}
