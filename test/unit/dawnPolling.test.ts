import assert from "node:assert/strict";
import { test } from "node:test";
import {
  pollEagerly,
  pollSparingly,
  type Turns,
} from "../../engine/backend/webgpu/dawnPolling.node.ts";

/** Classes that wait as Dawn's binding does: in every turn of whatever `setImmediate` is there, until the device is done. */
function dawn(isDone: () => boolean, found: unknown[] = []) {
  class GPUBuffer {
    mapAsync(mode: number): Promise<string> {
      if (mode === 0) found.push(globalThis.setImmediate);
      if (mode < 0) throw new TypeError("no such mode");
      return new Promise((resolve) => {
        const ask = (): void => {
          if (isDone()) resolve(`mapped ${mode}`);
          else globalThis.setImmediate(ask);
        };
        globalThis.setImmediate(ask);
      });
    }
  }
  class GPUAdapter {
    requestDevice(): void {}
  }
  class GPUDevice {
    createComputePipelineAsync(): void {}
  }
  class GPUQueue {
    onSubmittedWorkDone(): void {}
  }
  return { GPUBuffer, GPUAdapter, GPUDevice, GPUQueue };
}

/** A clock that stands still until it is set, and what is due. */
function handTurned() {
  const due: { readonly how: string; readonly run: () => void }[] = [];
  const clock = { nowMs: 1000 };
  const turns: Turns = {
    now: () => clock.nowMs,
    setImmediate: (run) => void due.push({ how: "at once", run }),
    setTimeout: (run, delayMs) => void due.push({ how: `after ${delayMs} ms`, run }),
  };
  const turn = (): string | undefined => {
    const next = due.shift();
    next?.run();
    return next?.how;
  };
  return { clock, turns, turn };
}

test("a wait is asked about in every turn at first, then once in a millisecond", async () => {
  let isDone = false;
  const { clock, turns, turn } = handTurned();
  const classes = dawn(() => isDone);
  pollSparingly(classes, turns);
  pollSparingly(classes, turns); // a second backend of the thread
  const mapped = new classes.GPUBuffer().mapAsync(7);
  assert.deepEqual([turn(), turn()], ["at once", "at once"]);
  clock.nowMs += 19;
  assert.equal(turn(), "at once");
  clock.nowMs += 1;
  assert.deepEqual([turn(), turn(), turn()], ["at once", "after 1 ms", "after 1 ms"]);
  const second = new classes.GPUBuffer().mapAsync(8); // may be done soon
  assert.deepEqual([turn(), turn(), turn()], ["after 1 ms", "at once", "at once"]);
  isDone = true;
  while (turn() !== undefined);
  assert.deepEqual(await Promise.all([mapped, second]), ["mapped 7", "mapped 8"]);
});

test("a driver that computes on the CPU is asked once in a millisecond from the start", () => {
  const { turns, turn } = handTurned();
  const classes = dawn(() => false);
  pollSparingly(classes, turns);
  pollEagerly(classes, false);
  void new classes.GPUBuffer().mapAsync(7);
  assert.deepEqual([turn(), turn()], ["after 1 ms", "after 1 ms"]);
  pollEagerly(classes, true); // a card was opened after it
  assert.deepEqual([turn(), turn()], ["after 1 ms", "at once"]);
});

test("everybody else finds setImmediate as it was, whatever Dawn does", () => {
  const before = globalThis.setImmediate;
  const { turns, turn } = handTurned();
  const found: unknown[] = [];
  const { GPUBuffer, ...others } = dawn(() => false, found);
  pollSparingly({ GPUBuffer, ...others }, turns);
  void new GPUBuffer().mapAsync(1);
  assert.equal(globalThis.setImmediate, before);
  assert.equal(turn(), "at once");
  assert.equal(globalThis.setImmediate, before);
  assert.throws(() => new GPUBuffer().mapAsync(-1), { message: "no such mode" });
  assert.equal(globalThis.setImmediate, before);
  void new GPUBuffer().mapAsync(0);
  globalThis.setImmediate = found[0] as typeof before; // as an interrupt leaves it
  void new GPUBuffer().mapAsync(1);
  assert.equal(globalThis.setImmediate, before);
});
