import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type KernelClient, startKernelClient } from "../fixtures/kernel/kernelClient.ts";
import { until } from "../fixtures/until.ts";

const folder = mkdtempSync(join(tmpdir(), "vitrine-exit-"));
after(() => rmSync(folder, { recursive: true, force: true }));

async function withKernel(run: (kernel: KernelClient) => Promise<void>): Promise<void> {
  const kernel = await startKernelClient(folder);
  try {
    await run(kernel);
  } finally {
    kernel.close();
  }
}

const execute = (kernel: KernelClient, code: string): Promise<string> =>
  kernel.send("execute_request", { code });

function answers(kernel: KernelClient, id: string) {
  const own = kernel.received.filter(({ parent }) => parent.msg_id === id);
  const of = (type: string) =>
    own.filter(({ header }) => header.msg_type === type).map(({ content }) => content);
  return {
    stdout: of("stream")
      .map(({ text }) => String(text))
      .join(""),
    errors: of("error"),
    statuses: of("execute_reply").map(({ status }) => status),
    isIdle: of("status").some((status) => status.execution_state === "idle"),
  };
}

const answered = (kernel: KernelClient, id: string): boolean =>
  kernel.received.some(
    ({ parent, header }) => parent.msg_id === id && header.msg_type.endsWith("_reply"),
  );

/** Code that waits for a file of the folder. */
const untilThere = (name: string): string => {
  const path = JSON.stringify(join(folder, name));
  return `for (const { existsSync } = await import("node:fs"); !existsSync(${path}); )
    await new Promise((resolve) => setTimeout(resolve, 5));`;
};

async function idle(kernel: KernelClient, id: string): Promise<void> {
  await until("the idle of a cell", () => answers(kernel, id).isIdle);
  await until("its reply", () => answers(kernel, id).statuses.length > 0);
}

test("process.exit() ends the kernel with all that was printed, the cells answered and its exit code", () =>
  withKernel(async (kernel) => {
    const first = await execute(
      kernel,
      `process.on("exit", () => console.log("last words"));
      console.log("result 42");
      ${untilThere("queued")}
      console.log("x".repeat(5_000_000));
      process.exit(3);`,
    );
    const waiting = await execute(kernel, "1 + 1");
    const behind = await kernel.send("is_complete_request", { code: "1" });
    await until("the answer to what was sent behind it", () => answered(kernel, behind));
    writeFileSync(join(folder, "queued"), "");
    assert.deepEqual(await kernel.ended, [3, null], kernel.written());
    assert.equal(kernel.written(), "", "nothing broke on the way");
    await idle(kernel, first);
    await idle(kernel, waiting);
    const { stdout, errors, statuses } = answers(kernel, first);
    assert.ok(stdout === `result 42\n${"x".repeat(5_000_000)}\nlast words\n`, stdout.slice(0, 100));
    assert.deepEqual(statuses, ["error"]);
    assert.equal(errors[0]?.evalue, "the kernel ended with exit code 3");
    assert.deepEqual(answers(kernel, waiting).statuses, ["aborted"]);
  }));

test("process.exit(0) is a success of its cell, and ends the kernel between cells too", async () => {
  await withKernel(async (kernel) => {
    const cell = await execute(kernel, `console.log("result 42");\nprocess.exit(0);`);
    assert.deepEqual(await kernel.ended, [0, null], kernel.written());
    await idle(kernel, cell);
    const { stdout, errors, statuses } = answers(kernel, cell);
    assert.deepEqual([stdout, errors, statuses], ["result 42\n", [], ["ok"]]);
  });
  await withKernel(async (kernel) => {
    const cell = await execute(
      kernel,
      `void (async () => { ${untilThere("idle")} process.exit(7); })(); 1`,
    );
    await idle(kernel, cell);
    writeFileSync(join(folder, "idle"), "");
    assert.deepEqual(await kernel.ended, [7, null], kernel.written());
    assert.deepEqual(answers(kernel, cell).statuses, ["ok"]);
    assert.equal(kernel.written(), "");
  });
});
