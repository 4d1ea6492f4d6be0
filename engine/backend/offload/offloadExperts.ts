import { BackendError, InputError } from "../../base/errors.ts";
import type { HostArray } from "../../tensor/tensor.ts";
import type {
  Backend,
  BackendInfo,
  ExpertCacheUse,
  MemoryUse,
  OperatorTimes,
  ProgramPart,
  WeightBytes,
} from "../backend.ts";
import { checkOwn, checkRange, checkRead, checkShape, checkWriteWeight } from "../checkCall.ts";
import {
  checkOperator,
  checkParts,
  checkStep,
  checkStepNumbers,
  type OperatorLimits,
  rowSize,
} from "../checkOperator.ts";
import type { DeviceTensor, Step } from "../deviceTensor.ts";
import { expertIndexError } from "../indexErrors.ts";
import type { ExpertsDown, ExpertsUp, Operator } from "../operators.ts";
import { isPacked, packedLayout } from "../packed.ts";
import { joinTimes } from "../timeEach.ts";
import { type ExpertLoad, ExpertPool } from "./expertPool.ts";
import { ExpertStack } from "./expertStack.ts";
import { WorkQueue } from "./workQueue.ts";

type ExpertOperator = ExpertsUp | ExpertsDown;

/** Fields of weights with an axis of experts. */
const STACKS = ["gate", "up", "gateBias", "upBias", "down", "bias"] as const;

/** An operator whose experts wait in host memory, as the device executes it: over the experts that it has. */
interface Offloaded {
  readonly operator: ExpertOperator;
  readonly pool: ExpertPool;
  /** As the operator's indices, of places in the pool. */
  readonly slots: DeviceTensor;
  readonly program: readonly Operator[];
}

/** Neighbours in a program that the device executes as they are, or one operator whose experts come first. */
type Segment = { readonly operators: readonly Operator[] } | { readonly experts: Offloaded };

interface OffloadedProgram {
  readonly segments: readonly Segment[];
  readonly checks: readonly { readonly kind: string; readonly limits: OperatorLimits }[];
}

/**
 * A backend whose experts wait in host memory, for models larger than the device: it has as many of each operator as fit into
 * `cacheBytes`, every layer's in proportion, and the ones used least recently make room. No bit depends on it. Routes are read
 * back before experts are executed, so that each such layer waits for the device, and a prompt whose tokens need more experts than there
 * is room for brings them in several times. Calls behind such a program wait for their turn, and errors of theirs are told by
 * the next `read` or `flush`. The backend that is given belongs to the one that is returned.
 * @throws InputError ERR_OPTION
 */
export function offloadExperts(backend: Backend, cacheBytes: number): Backend {
  if (Number.isSafeInteger(cacheBytes) && cacheBytes > 0)
    return new OffloadingBackend(backend, cacheBytes);
  throw new InputError(
    "ERR_OPTION",
    `expertCacheBytes: expected a whole number of bytes above 0, got ${cacheBytes}. Leave it out to keep all experts on the device.`,
  );
}

class OffloadingBackend implements Backend {
  readonly info: BackendInfo;
  readonly rankLastRow?: NonNullable<Backend["rankLastRow"]>;
  readonly readWeight?: NonNullable<Backend["readWeight"]>;
  readonly #inner: Backend;
  readonly #cacheBytes: number;
  readonly #queue = new WorkQueue();
  readonly #stacks = new Set<ExpertStack>();
  readonly #pools = new Map<ExpertStack, ExpertPool>();
  /** By the indices that they stand for. */
  readonly #slots = new Map<DeviceTensor, DeviceTensor>();
  readonly #programs = new WeakMap<readonly Operator[], OffloadedProgram>();
  readonly #offloaded = new WeakMap<ExpertOperator, Offloaded>();
  #hits = 0;
  #misses = 0;
  #disposed = false;

  constructor(inner: Backend, cacheBytes: number) {
    this.#inner = inner;
    this.#cacheBytes = cacheBytes;
    this.info = inner.info;
    if (inner.rankLastRow !== undefined)
      this.rankLastRow = async (logits, temperature) => {
        const ranking = await this.#queue.ask(
          () => inner.rankLastRow?.(logits, temperature) ?? Promise.resolve(null),
        );
        this.#queue.throwIfFailed();
        return ranking;
      };
    const readInner = inner.readWeight?.bind(inner);
    if (readInner !== undefined)
      this.readWeight = (tensor, offset, count) =>
        this.#readWeight(readInner, tensor, offset, count);
  }

  get memory(): MemoryUse {
    const { tensors, bytes } = this.#inner.memory;
    return { tensors: tensors + this.#stacks.size, bytes };
  }

  get expertCache(): ExpertCacheUse {
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
    return {
      hostBytes: sum([...this.#stacks].map(({ hostBytes }) => hostBytes)),
      deviceBytes: sum([...new Set(this.#pools.values())].map(({ bytes }) => bytes)),
      hits: this.#hits,
      misses: this.#misses,
    };
  }

  alloc(shape: readonly number[], dtype: "f32" | "i32", label: string): DeviceTensor {
    return this.#inner.alloc(shape, dtype, label);
  }

  allocWeight(shape: readonly number[], dtype: WeightBytes["dtype"], label: string): DeviceTensor {
    return this.#inner.allocWeight(shape, dtype, label);
  }

  allocExperts(shape: readonly number[], dtype: WeightBytes["dtype"], label: string): DeviceTensor {
    this.#ensureLive();
    checkShape(shape, label);
    const [nExperts = 1, ...rest] = shape;
    // A device may lay out rows several at a time, so that one bias alone takes more than its share of all.
    const some = rest.length > 1 ? 1 : nExperts;
    const tried = this.#inner.allocWeight([some, ...rest], dtype, label);
    const onDevice = { dtype: tried.dtype, expertBytes: Math.ceil(tried.sizeBytes / some) };
    this.#inner.free(tried);
    const stack = new ExpertStack(this, [...shape], dtype, label, onDevice);
    this.#stacks.add(stack);
    return stack;
  }

  writeWeight(tensor: DeviceTensor, offset: number, bytes: WeightBytes): void {
    if (tensor instanceof ExpertStack) {
      const stack = this.#own(tensor);
      const { weightDType, shape } = stack;
      const layout = isPacked(weightDType) ? packedLayout(weightDType, shape) : null;
      checkWriteWeight(stack, layout, offset, bytes);
      stack.hold(offset, bytes);
      this.#queue.add(() => this.#pools.get(stack)?.forgetAll());
      return;
    }
    const copy = { ...bytes, data: bytes.data.slice() };
    const all = "scales" in copy ? { ...copy, scales: copy.scales.slice() } : copy;
    this.#queue.add(() => this.#inner.writeWeight(tensor, offset, all));
  }

  write(tensor: DeviceTensor, offset: number, data: HostArray): void {
    const copy = data.slice() as HostArray;
    this.#queue.add(() => this.#inner.write(tensor, offset, copy));
  }

  execute(program: readonly Operator[], step: Step): void {
    const segments = this.#segmentsOf(program, step);
    if (segments === null) this.#queue.add(() => this.#inner.execute(program, step));
    else this.#queue.add(() => this.#run(segments, step));
  }

  executeParts(parts: readonly ProgramPart[]): void {
    checkParts(parts);
    const segments = parts.map(({ program, step }) => this.#segmentsOf(program, step));
    if (segments.every((of) => of === null)) {
      this.#queue.add(() => this.#inner.executeParts(parts));
      return;
    }
    for (const { program, step } of parts) this.execute(program, step);
  }

  /**
   * Operators whose experts come from host memory are measured by the clock, with that. Beginnings are by the host's clock: those of
   * operators that the device measures follow its own from where they were enqueued.
   */
  async profile(program: readonly Operator[], step: Step): Promise<OperatorTimes> {
    const segments = this.#segmentsOf(program, step) ?? [{ operators: program }];
    const measure = async (): Promise<OperatorTimes> => {
      const times: OperatorTimes[] = [];
      for (const segment of segments) times.push(await this.#timesOf(segment, step));
      return joinTimes(times);
    };
    return new Promise((resolve, reject) => {
      this.#queue.add(() => measure().then(resolve, reject));
    });
  }

  copy(
    from: DeviceTensor,
    fromOffset: number,
    to: DeviceTensor,
    toOffset: number,
    count: number,
  ): void {
    this.#queue.add(() => this.#inner.copy(from, fromOffset, to, toOffset, count));
  }

  async read(tensor: DeviceTensor, offset = 0, count?: number): Promise<HostArray> {
    if (tensor instanceof ExpertStack) {
      const stack = this.#own(tensor);
      const wanted = count ?? stack.length - offset;
      checkRead(stack, offset, wanted);
      return stack.read(offset, wanted);
    }
    const values = await this.#queue.ask(() => this.#inner.read(tensor, offset, count));
    this.#queue.throwIfFailed();
    return values;
  }

  async #readWeight(
    readInner: NonNullable<Backend["readWeight"]>,
    tensor: DeviceTensor,
    offset: number,
    count: number,
  ): Promise<HostArray> {
    if (tensor instanceof ExpertStack) {
      const stack = this.#own(tensor);
      checkRange("readWeight", stack, offset, count);
      return stack.read(offset, count);
    }
    const values = await this.#queue.ask(() => readInner(tensor, offset, count));
    this.#queue.throwIfFailed();
    return values;
  }

  async flush(): Promise<void> {
    await this.#queue.ask(() => this.#inner.flush());
    this.#queue.throwIfFailed();
  }

  free(tensor: DeviceTensor): void {
    if (tensor instanceof ExpertStack) {
      const stack = this.#own(tensor);
      stack.drop();
      this.#stacks.delete(stack);
      const pool = this.#pools.get(stack);
      for (const each of pool?.stacks ?? []) this.#pools.delete(each);
      this.#queue.add(() => {
        for (const each of pool?.tensors ?? []) this.#inner.free(each);
      });
      return;
    }
    const slots = this.#slots.get(tensor);
    this.#slots.delete(tensor);
    this.#queue.add(() => {
      this.#inner.free(tensor);
      if (slots !== undefined) this.#inner.free(slots);
    });
  }

  dispose(): void {
    this.#disposed = true;
    for (const stack of this.#stacks) stack.drop();
    this.#stacks.clear();
    this.#pools.clear();
    this.#slots.clear();
    this.#inner.dispose();
  }

  /** How a program is executed whose experts wait in host memory; null for one that has none of them. */
  #segmentsOf(program: readonly Operator[], step: Step): readonly Segment[] | null {
    this.#ensureLive();
    if (!program.some(isOffloaded)) return null;
    checkStepNumbers(step);
    const known = this.#programs.get(program) ?? this.#cut(program);
    this.#programs.set(program, known);
    for (const { kind, limits } of known.checks) checkStep(kind, limits, step);
    for (const segment of known.segments)
      if ("experts" in segment) for (const stack of segment.experts.pool.stacks) this.#own(stack);
    return known.segments;
  }

  #cut(program: readonly Operator[]): OffloadedProgram {
    const checks = program.map((op) => ({ kind: op.kind, limits: checkOperator(op) }));
    const segments: Segment[] = [];
    let operators: Operator[] = [];
    for (const op of program)
      if (isOffloaded(op)) {
        segments.push({ operators }, { experts: this.#offload(op) });
        operators = [];
      } else operators.push(op);
    return { segments: [...segments, { operators }], checks };
  }

  #offload(operator: ExpertOperator): Offloaded {
    const known = this.#offloaded.get(operator);
    if (known !== undefined) return known;
    const pool = this.#poolOf(operator);
    const { indices } = operator;
    const slots =
      this.#slots.get(indices) ?? this.#inner.alloc(indices.shape, "i32", "places of experts");
    this.#slots.set(indices, slots);
    const onDevice: Record<string, unknown> = { ...operator, indices: slots };
    for (const [field, stack] of stacksOf(operator))
      onDevice[field] = pool.tensors[pool.stacks.indexOf(stack)];
    const offloaded = { operator, pool, slots, program: [onDevice as unknown as Operator] };
    this.#offloaded.set(operator, offloaded);
    return offloaded;
  }

  #poolOf(operator: ExpertOperator): ExpertPool {
    const stacks = stacksOf(operator).map(([, stack]) => this.#own(stack));
    const [first] = stacks as [ExpertStack, ...ExpertStack[]];
    const known = this.#pools.get(first);
    if (known !== undefined) return known;
    const { nExperts } = first;
    const all = [...this.#stacks].reduce((sum, each) => sum + each.nExperts * each.expertBytes, 0);
    const slots = Math.min(nExperts, Math.floor((nExperts * this.#cacheBytes) / all));
    const k = rowSize(operator.indices);
    if (slots < Math.min(k, nExperts))
      throw new BackendError(
        "ERR_EXPERT_CACHE",
        `expertCacheBytes: expected at least ${Math.ceil((k * all) / nExperts)} bytes, room for the ${k} experts of a token in every layer, got ${this.#cacheBytes}. Load the model with a larger number.`,
      );
    const tensors = stacks.map(({ shape, weightDType, label }) =>
      this.#inner.allocWeight([slots, ...shape.slice(1)], weightDType, `${label}, some experts`),
    );
    const pool = new ExpertPool(stacks, tensors);
    for (const stack of stacks) this.#pools.set(stack, pool);
    return pool;
  }

  async #run(segments: readonly Segment[], step: Step): Promise<void> {
    for (const segment of segments)
      if ("experts" in segment) await this.#runExperts(segment.experts, step);
      else if (segment.operators.length > 0) this.#inner.execute(segment.operators, step);
  }

  async #timesOf(segment: Segment, step: Step): Promise<OperatorTimes> {
    await this.#inner.flush();
    const startedAt = performance.now();
    if (!("experts" in segment)) {
      const { startNs, durationNs } = await this.#inner.profile(segment.operators, step);
      const shift = startedAt * 1e6 - (startNs[0] ?? 0);
      return { startNs: startNs.map((ns) => ns + shift), durationNs };
    }
    await this.#runExperts(segment.experts, step);
    await this.#inner.flush();
    const took = (performance.now() - startedAt) * 1e6;
    return { startNs: Float64Array.of(startedAt * 1e6), durationNs: Float64Array.of(took) };
  }

  /** Reads which experts a step takes, brings those that are not there, and executes as many tokens at a time as have room. */
  async #runExperts({ operator, pool, slots, program }: Offloaded, step: Step): Promise<void> {
    const { indices, kind } = operator;
    const { row = 0, nTokens } = step;
    const k = rowSize(indices);
    const read = await this.#inner.read(indices, row * k, nTokens * k);
    const experts = Int32Array.from(read);
    const { nExperts } = pool.stacks[0] as ExpertStack;
    const wrong = experts.findIndex((expert) => expert < -1 || expert >= nExperts);
    if (wrong >= 0) throw expertIndexError(kind, experts[wrong] as number, wrong, nExperts);
    for (const range of pool.ranges(experts, k)) {
      const loads = pool.place(range.experts);
      this.#misses += loads.length;
      this.#hits += range.experts.size - loads.length;
      for (const load of loads) this.#bring(pool, load);
      const from = range.first * k;
      const places = experts.subarray(from, from + range.count * k).map((e) => pool.slotOf(e));
      this.#inner.write(slots, row * k + from, places);
      this.#inner.execute(program, { ...step, nTokens: range.count, row: row + range.first });
    }
  }

  #bring(pool: ExpertPool, { expert, slot }: ExpertLoad): void {
    for (const [i, stack] of pool.stacks.entries())
      for (const { offset, bytes } of stack.piecesOf(expert))
        this.#inner.writeWeight(
          pool.tensors[i] as DeviceTensor,
          slot * stack.expertLength + offset,
          bytes,
        );
  }

  #own(tensor: DeviceTensor): ExpertStack {
    this.#ensureLive();
    return checkOwn(this.info.name, this, ExpertStack, tensor);
  }

  #ensureLive(): void {
    if (this.#disposed)
      throw new BackendError(
        "ERR_DISPOSED",
        `${this.info.name}: expected a live backend, got one after dispose(). Create a new backend or load the model again.`,
      );
  }
}

function isOffloaded(op: Operator): op is ExpertOperator {
  return isExpertOperator(op) && stacksOf(op).length > 0;
}

function isExpertOperator(op: Operator): op is ExpertOperator {
  return op.kind === "expertsUp" || op.kind === "expertsDown";
}

/** The weights of an operator that wait in host memory, by field. */
function stacksOf(op: ExpertOperator): [string, ExpertStack][] {
  const fields: Record<string, unknown> = { ...op };
  return STACKS.flatMap((field) => {
    const tensor = fields[field];
    return tensor instanceof ExpertStack ? [[field, tensor] satisfies [string, ExpertStack]] : [];
  });
}
