import assert from "node:assert/strict";
import { test } from "node:test";
import { LoginLimiter } from "../../kernel/server/security/loginLimiter.ts";
import fc from "../fixtures/fastCheck.ts";

test("whatever the times, an address gets five tries and then one every twelve seconds", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30_000), { maxLength: 60 }), (pauses) => {
      const limiter = new LoginLimiter();
      let [now, granted] = [0, 0];
      for (const pause of pauses) {
        now += pause;
        if (limiter.take("a", now) === 0) granted++;
      }
      assert.ok(granted <= 5 + now / 12_000 + 1e-9, `${granted} tries in ${now} ms`);
    }),
  );
});

test("the wait it names is enough, and a right login gives all tries back", () => {
  const limiter = new LoginLimiter();
  for (let index = 0; index < 5; index++) assert.equal(limiter.take("a", 0), 0);
  assert.equal(limiter.take("a", 0), 12_000);
  assert.equal(limiter.take("a", 6000), 6000);
  assert.equal(limiter.take("a", 12_000), 0);
  limiter.forgive("a");
  for (let index = 0; index < 5; index++) assert.equal(limiter.take("a", 12_000), 0);
});

test("one address's guesses cost another nothing, but a thousand guessers leave no room for more", () => {
  const limiter = new LoginLimiter();
  for (let index = 0; index < 1000; index++) assert.equal(limiter.take(`${index}`, 0), 0);
  assert.ok(limiter.take("another", 0) > 0);
  assert.equal(limiter.take("another", 12_000), 0, "those that rest are forgotten");
});
