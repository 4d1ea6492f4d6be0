import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigReader } from "../../engine/model/configReader.ts";

const refuses = (read: () => unknown, message: RegExp): void =>
  assert.throws(read, { code: "ERR_CONFIG", message });

describe("a config is read field by field", () => {
  const config = new ConfigReader({
    n: 3,
    half: 0.5,
    zero: 0,
    text: "t",
    empty: "",
    yes: true,
    nothing: null,
    inner: { n: 4 },
  });

  test("null and absent mean the same without a class, false and zero and an empty text do not", () => {
    for (const key of ["nothing", "absent"]) {
      assert.equal(config.has(key), false);
      assert.equal(config.raw(key), null);
      assert.equal(config.number(key, 7), 7);
      assert.equal(config.count(key, 7), 7);
      assert.equal(config.boolean(key, true), true);
      assert.equal(config.string(key, "fallback"), "fallback");
      assert.equal(config.object(key), null);
      refuses(
        () => config.number(key),
        /^config\.json: expected \w+ to be a number, got nothing\. /,
      );
      refuses(() => config.string(key), /to be a string, got nothing/);
    }
    assert.equal(config.has("zero"), true);
    assert.equal(config.number("zero", 7), 0);
    assert.equal(config.string("empty", "fallback"), "");
    assert.equal(new ConfigReader({ no: false }).boolean("no", true), false);
  });

  test("a field that is absent has the class's default, one that is null has no value", () => {
    const configClass = { defaults: { width: 8, on: true }, aliases: {} };
    const read = (raw: object) => new ConfigReader(raw, "config.json", configClass);
    assert.equal(read({}).number("width", 4), 8);
    assert.equal(read({ width: 2 }).number("width", 4), 2);
    assert.equal(read({ width: null }).number("width", 4), 4);
    refuses(() => read({ width: null }).number("width"), /expected width to be a number/);
    assert.deepEqual([read({}).has("on"), read({ on: null }).has("on")], [true, false]);
    assert.equal(read({ width: 2 }).defaultOf("width"), 8);
    assert.equal(read({}).defaultOf("other"), null);
  });

  test("two names of one field may both be used, if they agree", () => {
    const configClass = { defaults: { experts: 8 }, aliases: { num_experts: "experts" } };
    const read = (raw: object) => new ConfigReader(raw, "config.json", configClass);
    assert.equal(read({ num_experts: 3 }).number("experts"), 3);
    assert.equal(read({ num_experts: 3, experts: 3 }).number("experts"), 3);
    refuses(
      () => read({ num_experts: 3, experts: 4 }).number("experts"),
      /expected experts and num_experts to agree, since they are one field, got 4 and 3/,
    );
  });

  test("an object without fields can count as none", () => {
    const nested = new ConfigReader({ full: { n: 1 }, empty: {}, nothing: null, text: "t" });
    assert.equal(nested.filledObject("full")?.number("n"), 1);
    for (const key of ["empty", "nothing", "absent"]) assert.equal(nested.filledObject(key), null);
    refuses(() => nested.filledObject("text"), /text: expected a JSON object/);
  });

  test("what is of another kind is refused, and shown", () => {
    refuses(() => config.number("text"), /expected text to be a number, got "t"\. /);
    refuses(() => config.boolean("n", false), /expected n to be true or false, got 3\. /);
    refuses(() => config.string("n"), /expected n to be a string, got 3\. /);
    refuses(() => config.object("n"), /^config\.json: n: expected a JSON object, got 3\. /);
    for (const raw of [null, [], "text", 3, undefined])
      refuses(() => new ConfigReader(raw), /^config\.json: expected a JSON object, got /);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      refuses(() => new ConfigReader({ n: value }).number("n"), /to be a number/);
  });

  test("a count is a whole number within its borders, 1 to 2^31 - 1 unless told", () => {
    const count = (n: number, ...borders: [number?, number?]): number =>
      new ConfigReader({ n }).count("n", undefined, ...borders);
    assert.equal(count(1), 1);
    assert.equal(count(2 ** 31 - 1), 2 ** 31 - 1);
    for (const n of [0, -1, 0.5, 2 ** 31])
      refuses(() => count(n), /whole number from 1 to 2147483647/);
    assert.equal(count(0, 0, 4), 0);
    assert.equal(count(4, 0, 4), 4);
    for (const n of [-1, 5, 3.5]) refuses(() => count(n, 0, 4), /whole number from 0 to 4, got /);
  });

  test("an inner object is read the same way, and says where it stands", () => {
    assert.equal(config.object("inner")?.count("n"), 4);
    refuses(() => config.object("inner")?.number("m"), /^config\.json: inner: expected m to be /);
  });

  test("a setting is refused unless it is absent or one that is carried out", () => {
    config.require("absent", [1], "Why.");
    config.require("nothing", [1], "Why.");
    config.require("text", ["s", "t"], "Why.");
    refuses(() => config.require("text", ["s", 2], "Why."), /to be "s" or 2, got "t"\. Why\.$/);
  });

  test("a long value is cut in the message", () => {
    const shown = (length: number): string => {
      try {
        new ConfigReader({ n: "x".repeat(length) }).number("n");
      } catch (error) {
        return /got (.*)\. Correct/.exec(`${error}`)?.[1] ?? "";
      }
      return "";
    };
    assert.equal(shown(78), `"${"x".repeat(78)}"`);
    assert.equal(shown(79), `"${"x".repeat(76)}...`);
  });
});
