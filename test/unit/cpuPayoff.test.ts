import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Payoff } from "../../engine/backend/cpu/pool/payoff.ts";

/** Jobs of eight chunks of 0.1 ms, of which one thread would take 0.8 ms. */
const job = (wallMs: number, mine = 4, slowestMs = 0.1) => ({
  wallMs,
  chunks: 8,
  mine,
  mineMs: 0.1 * (mine - 1) + slowestMs,
  slowestMs,
});

/** Tells of jobs until a millisecond count is reached; time passes as they take. */
function work(payoff: Payoff, fromMs: number, untilMs: number, wallMs: number): number {
  let nowMs = fromMs;
  while (nowMs < untilMs && !payoff.isResting(nowMs)) {
    nowMs += wallMs;
    payoff.note(job(wallMs), nowMs);
  }
  return nowMs;
}

describe("sharing jobs between threads", () => {
  test("goes on while it takes less time than one thread would", () => {
    assert.ok(work(new Payoff(), 0, 1000, 0.75) >= 1000);
  });

  test("pauses where joins take longer than the work, and is tried again", () => {
    const payoff = new Payoff();
    const nowMs = work(payoff, 0, 1000, 3);
    assert.ok(nowMs < 20, `${nowMs} ms until the pause`);
    assert.ok(payoff.isResting(nowMs + 49));
    assert.ok(!payoff.isResting(nowMs + 51));
  });

  test("pauses longer each time, up to a second, and from the start after it paid", () => {
    const payoff = new Payoff();
    let nowMs = 0;
    const pauses: number[] = [];
    for (let i = 0; i < 7; i++) {
      nowMs = work(payoff, nowMs, Number.POSITIVE_INFINITY, 3);
      let pauseMs = 0;
      while (payoff.isResting(nowMs + pauseMs)) pauseMs += 1;
      pauses.push(pauseMs);
      nowMs += pauseMs;
    }
    assert.deepEqual(pauses, [50, 100, 200, 400, 800, 1000, 1000]);
    nowMs = work(payoff, nowMs, nowMs + 20, 0.5);
    nowMs = work(payoff, nowMs, Number.POSITIVE_INFINITY, 3);
    assert.ok(!payoff.isResting(nowMs + 51));
  });

  test("is no gain where the main thread lost its core in the one chunk that it did", () => {
    const payoff = new Payoff();
    payoff.note(job(9, 1, 9), 9); // the other seven would not have taken 63 ms
    payoff.note(job(3), 12);
    assert.ok(payoff.isResting(13));
  });

  test("is not judged by one chunk in which a core was lost", () => {
    const payoff = new Payoff();
    payoff.note(job(12, 4, 11.7), 12); // 8 chunks would take 0.8 ms, not 24
    assert.ok(payoff.isResting(13));
  });
});
