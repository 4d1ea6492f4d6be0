import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Admission } from "../../serve/admission.ts";

describe("Admission", () => {
  it("takes as many texts as run and wait, and says when to ask again by how long they take", () => {
    const admission = new Admission(2, 1);
    const leave = admission.enter(2);
    admission.enter(1);
    assert.throws(() => admission.enter(1), { status: 429, retryAfter: 1 });
    for (let i = 0; i < 50; i++) {
      leave(40);
      admission.enter(2);
    }
    assert.throws(() => admission.enter(1), { status: 429, retryAfter: 20, code: "queue_full" });
    assert.throws(() => admission.enter(4), { status: 400, param: "n" });
  });

  it("takes nobody when it has closed, and tells when it is empty", async () => {
    const admission = new Admission(2, 1);
    const leave = admission.enter(2);
    let isEmpty = false;
    const closed = admission.close().then(() => {
      isEmpty = true;
    });
    assert.throws(() => admission.enter(1), { status: 503, code: "server_stopping" });
    await Promise.resolve();
    assert.equal(isEmpty, false);
    leave(1);
    await closed;
    await new Admission(1, 0).close();
  });
});
