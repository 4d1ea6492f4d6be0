import { compileEdits } from "../act/compileEdits.ts";
import type { Edit, EditValue } from "../act/edit.ts";
import type { EditedModel } from "../act/editedModel.ts";
import type { SequenceLength } from "../act/editedPositions.ts";
import { type EditWhere, replace } from "../act/edits.ts";
import type { NamedEdit } from "../act/expertChanges.ts";
import { breathe } from "../base/breathe.ts";
import { AbortedError, BackendError, InputError } from "../base/errors.ts";
import { withHostSignal } from "../base/hostSignal.ts";
import { Mutex } from "../base/mutex.ts";
import type { Execution } from "../execute/execution.ts";
import type { OpenStep } from "../execute/openStep.ts";
import type { Run } from "../look/run.ts";
import type { TokenNames } from "../look/tokenRecords.ts";
import { attentionForm } from "../plan/attentionForm.ts";
import { LOGITS } from "../plan/compilePlan.ts";
import type { Plan } from "../plan/plan.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  type Breakpoint,
  type BreakpointOptions,
  breakpointOf,
  type StopAt,
} from "./breakpoint.ts";
import { metBreakpoint } from "./metBreakpoint.ts";
import { readValue } from "./readValue.ts";
import { StepPlan } from "./stepPlan.ts";
import type {
  StepperOperator,
  StepperPlace,
  StepperToken,
  Stop,
  StopReason,
} from "./stepperPlace.ts";
import { writeValue } from "./writeValue.ts";

/** How far a move goes: an operator, the rest of a layer, the rest of a step of tokens. */
export type StepUnit = "operator" | "layer" | "token";

/** What a stepper needs of a model. */
export interface StepperParts {
  readonly model: EditedModel;
  readonly names: TokenNames | null;
  /** Kinds of operators that the model's plans have. */
  readonly operators: ReadonlySet<string>;
  readonly promptIds: readonly number[];
  readonly length: SequenceLength;
  /** Tokens of the prompt that go through the model at once. */
  readonly chunkSize: number;
  readonly edits: readonly NamedEdit<Edit>[];
  /** A sequence of the model with these edits, of which no step was taken. */
  readonly execution: () => Execution;
  /** Takes the execution over. */
  readonly makeRun: (execution: Execution, ids: readonly number[]) => Promise<Run>;
}

/** A value that was written between operators, with what undoes it. */
interface HandMade {
  readonly edit: Edit;
  /** The step's first position, and the operator that had written the value. */
  readonly start: number;
  readonly writer: number;
}

/**
 * A forward pass that stops between its operators. Whatever was computed has the bits of an unbroken run, can be looked at and
 * written; going back moves a cursor and computes nothing anew but the step it goes back into. Moves wait for each other.
 */
export class Stepper {
  readonly #parts: StepperParts;
  readonly #turns = new Mutex();
  readonly #breakpoints = new Map<number, Breakpoint>();
  /** Those of `runTo`, which last as long as it does. */
  readonly #passing = new Set<number>();
  readonly #listeners = new Set<(stop: Stop) => void>();
  readonly #plans = new Map<Plan, StepPlan>();
  #execution: Execution;
  #ids: number[];
  #open: OpenStep | null = null;
  #executed = 0;
  #handMade: HandMade[] = [];
  #nBreakpoints = 0;
  #isOver = false;

  /** Steppers come from `model.step`. */
  constructor(parts: StepperParts) {
    this.#parts = parts;
    this.#execution = parts.execution();
    this.#ids = [...parts.promptIds];
  }

  /** Where it stands. */
  get place(): StepperPlace {
    const plan = this.#stepPlan;
    const { start, nTokens } = this.#step;
    const step = { start, nTokens };
    return {
      start,
      end: start + nTokens,
      phase: start < this.#parts.promptIds.length ? "prompt" : "generated",
      executed: this.#executed,
      of: plan.plan.ops.length,
      last: this.#executed === 0 ? null : plan.operator(this.#executed - 1, step),
      next: plan.operator(this.#executed, step),
    };
  }

  /** The operators of the step that it stands in, in their order. */
  get operators(): StepperOperator[] {
    const plan = this.#stepPlan;
    return plan.plan.ops.flatMap((_, index) => plan.operator(index, this.#step) ?? []);
  }

  /** The prompt and what was appended. */
  get tokens(): StepperToken[] {
    return this.#ids.map((id, index) => this.#token(id, index));
  }

  /** Edits that it was begun with, and those made by `set`. */
  get edits(): readonly Edit[] {
    return [...this.#parts.edits, ...this.#amendments()].map(({ edit }) => edit);
  }

  /** Whether it was finished or disposed of. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Goes on by one operator, to the end of a layer, or to the end of the tokens that go through the model together. Behind the last
   * token "token" appends the likeliest and takes it through; the others stay at the end.
   * @throws AbortedError ERR_ABORTED where the cell is interrupted: it stands where it is and can go on
   */
  next(unit: StepUnit = "operator"): Promise<Stop> {
    checkUnit("next", unit);
    return this.#move(async () => {
      const isDone = await this.#isStepDone();
      if (isDone && !this.#hasMoreTokens()) {
        if (unit !== "token") return this.#stop("end");
        await this.#append();
      }
      const open = await this.#opened();
      await this.#execute(open, this.#endOf(unit));
      return this.#stop("moved");
    });
  }

  /**
   * Goes back by one operator, to the beginning of a layer, or to that of the step; from there into the step before. What `set` wrote
   * behind the place is undone, and a token that was appended behind it is taken back.
   */
  back(unit: StepUnit = "operator"): Promise<Stop> {
    checkUnit("back", unit);
    return this.#move(async () => {
      if (this.#executed === 0 && !(await this.#reopenLast(unit === "token")))
        return this.#stop("end");
      const open = await this.#opened();
      const place =
        unit === "operator" ? this.#executed - 1 : unit === "token" ? 0 : this.#layerStart(open);
      this.#executed = Math.max(0, place);
      this.#undoBehind();
      return this.#stop("moved");
    });
  }

  /** Goes on to where the site's numbers are there, the condition holds, or all that is asked for does. @throws as `next`, `addBreakpoint` */
  async runTo(at: StopAt): Promise<Stop> {
    const id = this.#keepBreakpoint(at);
    this.#passing.add(id);
    try {
      return await this.run();
    } finally {
      this.#breakpoints.delete(id);
      this.#passing.delete(id);
    }
  }

  /** Goes on to the next breakpoint, or to the end of the tokens that there are. @throws as `next` */
  run(): Promise<Stop> {
    return this.#move(async (signal) => {
      for (;;) {
        if ((await this.#isStepDone()) && !this.#hasMoreTokens()) return this.#stop("end");
        const open = await this.#opened();
        const met = await this.#runStep(open, signal);
        if (met !== null) return met;
      }
    });
  }

  /** @returns its number, for `removeBreakpoint`. @throws InputError ERR_OPTION; SiteError ERR_SITE_UNKNOWN */
  addBreakpoint(at: StopAt): number {
    const id = this.#keepBreakpoint(at);
    this.#tell(this.#stop("moved"));
    return id;
  }

  /** A number that no breakpoint has is fine. */
  removeBreakpoint(id: number): void {
    if (this.#breakpoints.delete(id)) this.#tell(this.#stop("moved"));
  }

  /** What `addBreakpoint` was given and `removeBreakpoint` has not taken away, by its number. */
  get breakpoints(): ReadonlyMap<number, BreakpointOptions> {
    const kept = [...this.#breakpoints].filter(([id]) => !this.#passing.has(id));
    return new Map(kept.map(([id, { options }]) => [id, options]));
  }

  /**
   * A site's numbers of the step's tokens, first axis T (maps: H, T, S).
   * @throws SiteError ERR_SITE_UNKNOWN; InputError ERR_NOT_COMPUTED where they are not there yet
   */
  value(site: string): Promise<Tensor> {
    return this.#inTurn(async () =>
      readValue(
        await this.#opened(),
        this.#stepPlan,
        this.#parts.model.sites,
        site,
        this.#executed,
      ),
    );
  }

  /**
   * Writes a site's numbers, for whatever reads them from here on; the rest of the pass is an edited one.
   * @throws as `value`; InputError ERR_EDIT for a site that cannot be edited, a wrong shape, and numbers that an operator has read already
   */
  set(
    site: string,
    value: EditValue,
    where: Pick<EditWhere, "head" | "position"> = {},
  ): Promise<void> {
    return this.#inTurn(async () => {
      const open = await this.#opened();
      const { start, nTokens } = open.step;
      const edit = replace(site, value, {
        position: [start, start + nTokens],
        ...where,
        after: true,
      });
      const writer = await writeValue(
        open,
        this.#stepPlan,
        this.#parts.model,
        edit,
        this.#executed,
      );
      this.#handMade.push({ edit, start, writer });
      this.#tell(this.#stop("moved"));
    });
  }

  /** The token that the model makes likeliest behind the last; there at the end of the tokens that there are. @throws InputError ERR_NOT_COMPUTED */
  nextToken(): Promise<StepperToken & { readonly probability: number }> {
    return this.#inTurn(() => this.#likeliest());
  }

  /** Puts a token behind the last, the likeliest or one of your own; `next` then takes it through the model. @throws InputError ERR_NOT_COMPUTED, ERR_TOKEN_ID, ERR_PROMPT_TOO_LONG */
  append(id?: number): Promise<void> {
    return this.#inTurn(async () => {
      await this.#append(id);
      this.#tell(this.#stop("moved"));
    });
  }

  /**
   * Another future of the same past: a stepper at the same place, whose moves, values and breakpoints are its own. It begins with the
   * breakpoints that this one has, under the same numbers; who listens to this one hears nothing of it.
   */
  branch(): Promise<Stepper> {
    return this.#inTurn(async () => {
      const other = new Stepper(this.#parts);
      other.#ids = [...this.#ids];
      other.#handMade = [...this.#handMade];
      other.#nBreakpoints = this.#nBreakpoints;
      for (const [id, breakpoint] of this.#breakpoints)
        if (!this.#passing.has(id)) other.#breakpoints.set(id, breakpoint);
      other.#execution.copyFrom(this.#execution);
      if (this.#open !== null) {
        const theirs = await other.#opened();
        await theirs.copyFrom(this.#open);
        other.#executed = this.#executed;
      }
      return other;
    });
  }

  /** Executes what is left of the tokens that there are. The run has the bits of an unbroken one; the stepper is over. @throws as `next` */
  finish(): Promise<Run> {
    return this.#inTurn(async () => {
      for (;;) {
        const open = await this.#opened();
        await this.#execute(open, open.plan.ops.length);
        if (!this.#hasMoreTokens()) break;
      }
      await this.#complete();
      const { model, edits, length, makeRun } = this.#parts;
      const all = [...edits, ...this.#amendments()];
      if (all.length > 0) this.#execution.amendEdits(compileEdits(all, model, length));
      this.#isOver = true;
      const run = await makeRun(this.#execution, this.#ids);
      this.#tell(this.#stop("end"));
      return run;
    });
  }

  /** Frees what it holds on the device. Calling it twice is fine. */
  dispose(): void {
    if (this.#isOver) return;
    const stop = this.#stop("end");
    this.#isOver = true;
    this.#execution.dispose();
    this.#tell(stop);
  }

  /** Tells of every move, and of what else changes. @returns what stops it */
  onMove(listener: (stop: Stop) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  toString(): string {
    if (this.#isOver) return "Stepper: over";
    const { start, end, executed, of, last, next } = this.place;
    const at =
      last === null
        ? "before the first operator"
        : `after ${last.kind}${last.layer === null ? "" : ` of layer ${last.layer}`}`;
    return `Stepper at positions ${start} to ${end - 1}: ${at} (${executed} of ${of})${next === null ? ", at the end" : `, then ${next.kind}`}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  #keepBreakpoint(at: StopAt): number {
    this.#assertLive();
    const { model, operators } = this.#parts;
    const breakpoint = breakpointOf("breakpoint", at, { sites: model.sites, operators });
    this.#nBreakpoints += 1;
    this.#breakpoints.set(this.#nBreakpoints, breakpoint);
    return this.#nBreakpoints;
  }

  /** The step that is open, or that comes next. */
  get #step() {
    if (this.#open !== null) return this.#open.step;
    const start = this.#execution.position;
    return { start, nTokens: this.#chunkAt(start).length };
  }

  get #stepPlan(): StepPlan {
    const { start, nTokens } = this.#step;
    const { model } = this.#parts;
    const form = attentionForm(model.spec, Math.max(1, nTokens), start + nTokens);
    const plan = this.#open?.plan ?? this.#execution.plan(form);
    const known =
      this.#plans.get(plan) ?? new StepPlan(plan, model.sites, this.#execution.edits?.cuts ?? []);
    this.#plans.set(plan, known);
    return known;
  }

  /** Tokens of the prompt go together, each further one alone. */
  #chunkAt(start: number): number[] {
    const { promptIds, chunkSize } = this.#parts;
    if (start >= promptIds.length) return this.#ids.slice(start, start + 1);
    return this.#ids.slice(start, Math.min(start + chunkSize, promptIds.length));
  }

  /** The step that it stands in, opened; that of the tokens behind it where all its operators were executed and a move goes on. */
  async #opened(): Promise<OpenStep> {
    if (this.#open !== null) return this.#open;
    const { start, nTokens } = this.#step;
    const ids = this.#chunkAt(start);
    const isPrompt = start < this.#parts.promptIds.length;
    const form = attentionForm(this.#parts.model.spec, nTokens, start + nTokens);
    const next = this.#ids[start + nTokens];
    this.#open = await this.#execution.openStep(ids, form, isPrompt ? "prefill" : "decode", next);
    this.#executed = 0;
    return this.#open;
  }

  /** Whether every operator of the step was executed; the step behind it is then begun by whoever goes on. */
  async #isStepDone(): Promise<boolean> {
    if (this.#open === null) return this.#execution.position >= this.#ids.length;
    if (this.#executed < this.#open.plan.ops.length) return false;
    if (this.#hasMoreTokens()) await this.#complete();
    return this.#open !== null;
  }

  #hasMoreTokens(): boolean {
    const { start, nTokens } = this.#step;
    return start + nTokens < this.#ids.length || (this.#open === null && nTokens > 0);
  }

  async #complete(): Promise<void> {
    await this.#open?.complete();
    this.#open = null;
    this.#executed = 0;
  }

  async #execute(open: OpenStep, end: number): Promise<void> {
    if (end <= this.#executed) return;
    await open.execute(this.#executed, end);
    this.#executed = end;
  }

  /** The operator index at which a move of the unit ends. */
  #endOf(unit: StepUnit): number {
    const { ops } = this.#stepPlan.plan;
    if (unit === "operator") return this.#executed + 1;
    if (unit === "token") return ops.length;
    const layer = ops[this.#executed]?.layer;
    const end = ops.findIndex((op, i) => i >= this.#executed && op.layer !== layer);
    return end < 0 ? ops.length : end;
  }

  /** The first operator of the layer that the last one executed is of. */
  #layerStart({ plan: { ops } }: OpenStep): number {
    const layer = ops[this.#executed - 1]?.layer;
    let start = this.#executed;
    while (start > 0 && ops[start - 1]?.layer === layer) start -= 1;
    return start;
  }

  /** Goes back into the step before, where there is one: to its end, or to its beginning. */
  async #reopenLast(toBeginning: boolean): Promise<boolean> {
    const last = this.#execution.steps.at(-1);
    if (last === undefined) return false;
    const { start, nTokens } = this.#step;
    const isAppended = start >= this.#parts.promptIds.length && nTokens > 0;
    if (isAppended) this.#ids = this.#ids.slice(0, start);
    this.#open = null;
    this.#execution.rewind(last.start);
    const open = await this.#opened();
    if (!toBeginning) {
      await this.#replayStep(open);
      this.#executed = open.plan.ops.length;
    }
    return true;
  }

  /** Executes a step that was executed before, with what was written into it by hand. */
  async #replayStep(open: OpenStep): Promise<void> {
    const own = this.#handMade.filter(({ start }) => start === open.step.start);
    for (const { edit, writer } of own) {
      await this.#execute(open, writer + 1);
      await writeValue(open, this.#stepPlan, this.#parts.model, edit, this.#executed);
    }
    await this.#execute(open, open.plan.ops.length);
  }

  #undoBehind(): void {
    const { start: at } = this.#step;
    this.#handMade = this.#handMade.filter(
      ({ start, writer }) => start < at || (start === at && writer < this.#executed),
    );
  }

  /** @returns null at the end of the step */
  async #runStep(open: OpenStep, signal: AbortSignal | undefined): Promise<Stop | null> {
    const plan = this.#stepPlan;
    const { ops } = plan.plan;
    while (this.#executed < ops.length) {
      if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
      const tokens = this.tokens.slice(open.step.start, open.step.start + open.step.nTokens);
      const met = await metBreakpoint(
        this.#breakpoints,
        { open, plan, tokens, executed: this.#executed, sites: this.#parts.model.sites },
        async (end) => this.#execute(open, end),
      );
      if (met !== null) return this.#stop(met.reason, met);
      await breathe();
    }
    return null;
  }

  async #likeliest(): Promise<StepperToken & { readonly probability: number }> {
    const open = this.#open;
    if (open === null || this.#executed < open.plan.ops.length || this.#hasMoreTokens())
      throw notComputed(
        "nextToken",
        "the last operator of the last token",
        this.toString(),
        'Go on with next("token") first.',
      );
    const logits = (await open.read(LOGITS)).subarray(-this.#parts.model.spec.nVocab);
    let best = 0;
    for (let id = 1; id < logits.length; id++)
      if (Number(logits[id]) > Number(logits[best])) best = id;
    const top = Number(logits[best]);
    const total = (logits as Float64Array).reduce((sum, x) => sum + Math.exp(x - top), 0);
    return { ...this.#token(best, this.#ids.length), probability: 1 / total };
  }

  async #append(id?: number): Promise<void> {
    const { capacity } = this.#parts.length;
    const { nVocab } = this.#parts.model.spec;
    if (this.#ids.length >= capacity)
      throw new InputError(
        "ERR_PROMPT_TOO_LONG",
        `append: expected at most ${capacity} tokens, got one more. Begin with model.step(prompt, { maxTokens }) for a longer sequence.`,
      );
    if (id !== undefined && !(Number.isInteger(id) && id >= 0 && id < nVocab))
      throw new InputError(
        "ERR_TOKEN_ID",
        `append: expected a token id from 0 to ${nVocab - 1}, got ${id}. Look ids up with model.tokenizer.tokenId.`,
      );
    const chosen = (await this.#likeliest()).id;
    this.#ids.push(id ?? chosen);
    await this.#complete();
  }

  #amendments(): NamedEdit<Edit>[] {
    return this.#handMade.map(({ edit }, i) => ({ what: `set[${i}]`, edit }));
  }

  #token(id: number, index: number): StepperToken {
    return { index, id, text: this.#parts.names?.tokenText(id) ?? `<id ${id}>` };
  }

  #stop(reason: StopReason, more: Partial<Stop> = {}): Stop {
    return { ...this.place, ...more, reason };
  }

  #tell(stop: Stop): void {
    for (const listener of this.#listeners) listener(stop);
  }

  #move(work: (signal: AbortSignal | undefined) => Promise<Stop>): Promise<Stop> {
    return this.#inTurn(async () => {
      const signal = withHostSignal(undefined);
      if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
      try {
        const stop = await work(signal);
        this.#tell(stop);
        return stop;
      } catch (error) {
        this.#tell(this.#stop("moved")); // as far as it came
        throw error;
      }
    });
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#turns.run(() => {
      this.#assertLive();
      return work();
    });
  }

  #assertLive(): void {
    if (this.#isOver)
      throw new BackendError(
        "ERR_DISPOSED",
        "stepper: expected one that goes on, got one that was finished or disposed of. Begin again with model.step, or branch before finishing.",
      );
  }
}

function checkUnit(what: string, unit: unknown): void {
  if (unit === "operator" || unit === "layer" || unit === "token") return;
  throw new InputError(
    "ERR_OPTION",
    `${what}: expected "operator", "layer" or "token", got ${JSON.stringify(unit)}. Choose one of them.`,
  );
}

/** `what: expected <contract>, got <value>. <fix>` */
function notComputed(what: string, expected: string, got: string, fix: string): InputError {
  return new InputError("ERR_NOT_COMPUTED", `${what}: expected ${expected}, got ${got}. ${fix}`);
}
