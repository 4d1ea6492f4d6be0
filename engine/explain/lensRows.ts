import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { rowSize } from "../backend/tensorSize.ts";
import { breathe } from "../base/breathe.ts";
import { AbortedError } from "../base/errors.ts";
import { PlanRunner } from "../execute/planRunner.ts";
import { stepRoom } from "../execute/stepRoom.ts";
import { TensorGroup } from "../execute/tensorGroup.ts";
import { onDevice, type RunState, stored } from "../look/runState.ts";
import { uniformForm } from "../plan/attentionForm.ts";
import { LOGITS } from "../plan/compilePlan.ts";
import { NO_CHANGES } from "../plan/planChanges.ts";
import type { Site } from "../plan/sites/site.ts";
import type { HostArray } from "../tensor/tensor.ts";
import { headPlan } from "./headPlan.ts";
import {
  closeTranslator,
  openTranslator,
  type Translator,
  type Translators,
  translatorOf,
} from "./translators.ts";

/** Logits that are on the host at once. */
const CHUNK_NUMBERS = 2 ** 22;

export interface LensRows {
  /** Sites whose values the run has, each read as the head reads its own input. */
  readonly sites: readonly Site[];
  readonly positions: readonly number[];
  readonly translators?: Translators | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A row of logits that the head makes of a site. */
export interface LensRow {
  readonly site: number;
  /** Index in `positions`. */
  readonly at: number;
  readonly logits: HostArray; // (V)
}

/**
 * Sends rows of residual sites through the final norm and the unembedding, on the run's backend, some of them at a time. Each has the
 * bits that a forward pass gives it where it is the last block's output.
 * @throws AbortedError ERR_ABORTED between two chunks
 */
export async function* lensRows(state: RunState, wanted: LensRows): AsyncGenerator<LensRow> {
  const { device } = state;
  const { sites, positions, translators, signal } = wanted;
  const { spec } = device;
  const plan = device.plans.forward();
  const head = headPlan(plan);
  const rows = Math.min(
    positions.length,
    stepRoom(device, positions.length),
    Math.max(1, Math.floor(CHUNK_NUMBERS / spec.nVocab)),
  );
  const form = uniformForm(spec);
  const runner = await onDevice(
    state,
    async () =>
      new PlanRunner(device, {
        ...{ capacity: rows, nPrompt: rows, rows, kind: "forward", stored: new Set() },
        changes: NO_CHANGES, // a frame of its own
        plan: () => head.plan,
        read: [LOGITS],
      }),
  );
  try {
    for (const [index, site] of sites.entries()) {
      const translator = await opened(state, site, translators);
      try {
        for (let first = 0; first < positions.length; first += rows) {
          if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
          const chunk = positions.slice(first, first + rows);
          const logits = await onDevice(state, async () => {
            await enter(state, site, chunk, runner.input(head.input), translator);
            runner.execute(form, { nTokens: chunk.length, start: 0 });
            return device.backend.read(runner.output(form, LOGITS), 0, chunk.length * spec.nVocab);
          });
          for (let i = 0; i < chunk.length; i++) {
            const row = logits.subarray(i * spec.nVocab, (i + 1) * spec.nVocab) as HostArray;
            yield { site: index, at: first + i, logits: row };
          }
          await breathe();
        }
      } finally {
        if (translator !== null)
          await onDevice(state, async () => closeTranslator(device.backend, translator));
      }
    }
  } finally {
    runner.dispose();
  }
}

/** The translator of a site; null where it has none. */
async function opened(
  state: RunState,
  { name }: Site,
  translators: Translators | undefined,
): Promise<Translator | null> {
  const { backend, spec } = state.device;
  const layer = translators === undefined ? null : translatorOf(name, spec.nLayers);
  if (translators === undefined || layer === null) return null;
  return onDevice(state, async () => openTranslator(backend, translators, layer, spec.dModel));
}

/** Writes a site's rows to where the head reads, through the translator where there is one. */
async function enter(
  state: RunState,
  { name, source }: Site,
  positions: readonly number[],
  into: DeviceTensor,
  translator: Translator | null,
): Promise<void> {
  const { backend, spec } = state.device;
  if (source.kind !== "stored") throw new Error(`${name} is not stored`);
  const from = stored(state, source.value);
  if (translator === null) {
    copyRows(state, from, positions, into);
    return;
  }
  const scratch = new TensorGroup(state.device);
  try {
    const nTokens = positions.length;
    const x = scratch.alloc("residual", [nTokens, spec.dModel], "f32");
    copyRows(state, from, positions, x);
    backend.execute(
      [{ kind: "matmul", rows: "tokens", x, ...translator, residual: x, out: into }],
      { nTokens, start: 0 },
    );
    await backend.flush();
  } finally {
    scratch.freeAll();
  }
}

function copyRows(
  { device: { backend } }: RunState,
  from: DeviceTensor,
  positions: readonly number[],
  into: DeviceTensor,
): void {
  const size = rowSize(from);
  for (let i = 0; i < positions.length; ) {
    const start = positions[i] as number;
    let count = 1;
    while (positions[i + count] === start + count) count++;
    backend.copy(from, start * size, into, i * size, count * size);
    i += count;
  }
}
