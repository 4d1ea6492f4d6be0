import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RemoteError } from "../../engine/base/errors.ts";
import { withPatience } from "../../engine/base/withPatience.ts";
import { HANG_MS } from "../fixtures/until.ts";

const away = (retryAfterSeconds: number | null = null) =>
  new RemoteError("ERR_REMOTE_BUSY", "remote chat: expected a reply, got 503.", {
    ...{ status: 503, retryAfterSeconds },
  });

/** Fails so often, and says then how often it was asked. */
function failing(times: number, error = away(0.001)) {
  let asked = 0;
  return async () => {
    asked += 1;
    if (asked <= times) throw error;
    return asked;
  };
}

const signal = undefined;
const fix = "raise patienceMs.";

describe("a server that is busy or away", () => {
  it("is asked again for as long as patience lasts, and not for a number of times", async () => {
    assert.equal(await withPatience(failing(30), { patienceMs: HANG_MS, signal, fix }), 31);
  });

  it("is given up with how often and how long it was asked, and with what it said", async () => {
    const startedMs = performance.now();
    const asking = withPatience(failing(Infinity, away(0.02)), { patienceMs: 100, signal, fix });
    await assert.rejects(asking, (error: RemoteError) => {
      assert.equal(error.code, "ERR_REMOTE_BUSY");
      assert.equal(error.status, 503);
      assert.match(error.message, /got 503\. It was asked \d+ times in 0 s: raise patienceMs\.$/);
      return true;
    });
    assert.ok(performance.now() - startedMs >= 100);
  });

  it("is not asked earlier than it says, but at the end of patience once more", async () => {
    let asked = 0;
    const ask = async () => {
      asked += 1;
      throw away(3600);
    };
    await assert.rejects(withPatience(ask, { patienceMs: 50, signal, fix }), {
      code: "ERR_REMOTE_BUSY",
    });
    assert.equal(asked, 2);
  });

  it("is not asked without a pause, even where it says so", async () => {
    let asked = 0;
    const ask = async () => {
      asked += 1;
      throw away(0);
    };
    await assert.rejects(withPatience(ask, { patienceMs: 100, signal, fix }), {
      code: "ERR_REMOTE_BUSY",
    });
    assert.equal(asked, 2, "the first pause is longer than its patience");
  });

  it("is given up at once where nothing will be over, and where the signal fires", async () => {
    const refused = new RemoteError("ERR_REMOTE_REFUSED", "no");
    await assert.rejects(
      withPatience(failing(1, refused), { patienceMs: 1000, signal, fix }),
      refused,
    );
    const own = AbortSignal.timeout(20);
    await assert.rejects(
      withPatience(failing(9, away(60)), { patienceMs: 60_000, signal: own, fix }),
      {
        code: "ERR_ABORTED",
      },
    );
  });
});
