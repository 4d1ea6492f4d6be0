import assert from "node:assert/strict";
import { test } from "node:test";
import type { CullClock } from "../../kernel/server/kernels/cullClock.ts";
import { type CullCandidate, IdleCuller } from "../../kernel/server/kernels/idleCuller.ts";

const LIMIT_MS = 1000;

class FakeClock implements CullClock {
  now = 50_000;
  intervalMs: number | null = null;
  look: () => void = () => undefined;

  nowMs(): number {
    return this.now;
  }

  every(intervalMs: number, look: () => void): () => void {
    this.intervalMs = intervalMs;
    this.look = look;
    return () => {
      this.intervalMs = null;
    };
  }
}

interface State {
  readonly isIdle?: boolean;
  readonly idleForMs: number;
  readonly connectionCount?: number;
}

/** Lets a culler look once at one kernel. @returns whether it was shut down */
function isCulled({ isIdle = true, idleForMs, connectionCount = 0 }: State, connected = false) {
  const clock = new FakeClock();
  const lastActivityMs = clock.now - idleForMs;
  const kernel: CullCandidate = {
    ...{ id: "k", name: "test", isIdle, lastActivityMs, hub: { connectionCount } },
  };
  const gone: string[] = [];
  const shutdown = async (id: string) => void gone.push(id);
  const options = { idleTimeoutMs: LIMIT_MS, connected, clock };
  new IdleCuller({ all: () => [kernel], shutdown }, options, () => undefined);
  clock.look();
  return gone.length === 1;
}

test("a kernel goes once it was idle for as long as the limit, not a millisecond before", () => {
  assert.equal(isCulled({ idleForMs: LIMIT_MS - 1 }), false);
  assert.equal(isCulled({ idleForMs: LIMIT_MS }), true);
});

test("one that is busy or still starts is not idle, however long that takes", () => {
  assert.equal(isCulled({ isIdle: false, idleForMs: 1000 * LIMIT_MS }), false);
  assert.equal(isCulled({ isIdle: false, idleForMs: 1000 * LIMIT_MS }, true), false);
});

test("one that has a page goes only if asked", () => {
  assert.equal(isCulled({ idleForMs: LIMIT_MS, connectionCount: 1 }), false);
  assert.equal(isCulled({ idleForMs: LIMIT_MS, connectionCount: 1 }, true), true);
});

test("it looks four times within the limit, at least every 30 s and at most ten times a second", () => {
  for (const [idleTimeoutMs, intervalMs] of [
    [40_000, 10_000],
    [3_600_000, 30_000],
    [1, 100],
  ] as const) {
    const clock = new FakeClock();
    const none = { all: () => [], shutdown: () => Promise.resolve() };
    const culler = new IdleCuller(
      none,
      { idleTimeoutMs, connected: false, clock },
      () => undefined,
    );
    assert.equal(clock.intervalMs, intervalMs);
    culler.close();
    assert.equal(clock.intervalMs, null);
  }
});

test("a kernel that cannot be shut down is told of, and the others go all the same", async () => {
  const clock = new FakeClock();
  const candidate = (id: string): CullCandidate => ({
    ...{ id, name: "test", isIdle: true, lastActivityMs: 0, hub: { connectionCount: 0 } },
  });
  const lines: string[] = [];
  const gone: string[] = [];
  const shutdown = async (id: string) => {
    if (id === "stuck") throw new Error("it will not go");
    gone.push(id);
  };
  const kernels = { all: () => [candidate("stuck"), candidate("other")], shutdown };
  const options = { idleTimeoutMs: LIMIT_MS, connected: false, clock };
  new IdleCuller(kernels, options, (level, line) => void lines.push(`${level} ${line}`));
  clock.look();
  await new Promise(setImmediate);
  assert.deepEqual(gone, ["other"]);
  assert.deepEqual(lines, [
    "info kernel stuck (test): idle for 50 s, shut down",
    "info kernel other (test): idle for 50 s, shut down",
    "error kernel stuck: it will not go",
  ]);
});
