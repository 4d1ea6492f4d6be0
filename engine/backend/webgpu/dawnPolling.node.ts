import { setImmediate, setTimeout } from "node:timers";

/** What is asynchronous in WebGPU, as far as it is used here. */
const ASYNCHRONOUS: Readonly<Record<string, readonly string[]>> = {
  GPUAdapter: ["requestDevice"],
  GPUBuffer: ["mapAsync"],
  GPUDevice: ["createComputePipelineAsync"],
  GPUQueue: ["onSubmittedWorkDone"],
};

/** How long a wait is asked about in every turn, in ms: decoding on a graphics card takes less for a token. */
const EAGER_MS = 20;
/** How often after that, in ms. */
const PAUSE_MS = 1;

/** Whose turns and whose clock, for tests. */
export interface Turns {
  /** In ms. */
  now(): number;
  setImmediate(run: () => void): unknown;
  setTimeout(run: () => void, delayMs: number): unknown;
}
const TURNS: Turns = { now: () => performance.now(), setImmediate, setTimeout };

interface DawnClass {
  readonly prototype: Record<string, (...given: unknown[]) => unknown>;
}

/** Chosen for the adapter that was opened last. */
interface Polling {
  eagerMs: number;
}
const pollings = new WeakMap<object, Polling>();

/**
 * Makes Dawn ask its devices less often whether they are done, for all of its objects in this thread. While anything is awaited
 * its binding for Node asks in every turn of the event loop, by a `setImmediate` that it looks up on the global object each
 * time. A wait for a slow device then costs a core, which a driver that computes on the CPU lacks. For as long as Dawn is
 * called, and no longer, it finds another function there.
 * @param classes `globals` of the package webgpu
 * @throws TypeError if one of them lacks what is asynchronous
 */
export function pollSparingly(classes: object, turns: Turns = TURNS): void {
  if (pollings.has(classes)) return;
  const polling: Polling = { eagerMs: EAGER_MS };
  pollings.set(classes, polling);
  let sinceMs = 0; // the last call that is waited for
  const askLater = (ask: () => void): void => {
    const askNow = (): void => findingAskLater(ask);
    if (turns.now() - sinceMs < polling.eagerMs) turns.setImmediate(askNow);
    else turns.setTimeout(askNow, PAUSE_MS);
  };
  const found = askLater as unknown as typeof globalThis.setImmediate;
  let theirs = globalThis.setImmediate;
  /** No JavaScript of others runs between the two assignments. */
  const findingAskLater = <T>(call: () => T): T => {
    // An interrupt of the kernel may have ended the last call before it put theirs back.
    if (globalThis.setImmediate !== found) theirs = globalThis.setImmediate;
    globalThis.setImmediate = found;
    try {
      return call();
    } finally {
      globalThis.setImmediate = theirs;
    }
  };
  for (const [name, methods] of Object.entries(ASYNCHRONOUS)) {
    const prototype = (classes as Record<string, DawnClass>)[name]?.prototype;
    for (const method of methods) {
      const native = prototype?.[method];
      if (prototype === undefined || native === undefined)
        throw new TypeError(
          `webgpu: expected ${name}.${method} in the package webgpu, got none. Install the version that package.json names.`,
        );
      prototype[method] = function (this: unknown, ...given) {
        sinceMs = turns.now();
        return findingAskLater(() => native.apply(this, given));
      };
    }
  }
}

/**
 * Whether waits are asked about in every turn at first. On a driver that computes on the CPU each turn is taken from what it
 * computes, so that none is.
 * @param classes as given to `pollSparingly`
 */
export function pollEagerly(classes: object, isEager: boolean): void {
  const polling = pollings.get(classes);
  if (polling !== undefined) polling.eagerMs = isEager ? EAGER_MS : 0;
}
