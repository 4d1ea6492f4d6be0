"""Interrupts the kernel in every state that cells can bring it into.

Usage: interrupt_check.py FOLDER ANYWIDGET, as jupyter_client_check.py, whose client this is. Every interrupt comes when its cell has
said that it is there. For scripts/fuzzInterrupts.ts INTERRUPTS is how many there are, LATEST_S by how much the latest is later, and
TEST_SEED draws kinds and moments.
"""

import json
import os
import random
import signal
import sys
import time

from jupyter_client_check import FOLDER, HANG_S, Kernel, contains, equal, run_checks

SEED = int(os.environ.get("TEST_SEED", "1"))
LATEST_S = float(os.environ.get("LATEST_S", "0"))
CHECKS = []

LIBRARY = """
export function forever() { for (;;) {} }
export function stubborn() { for (;;) { try { for (;;) {} } catch {} finally {} } }
export function again(run) { for (;;) { try { run() } catch {} } }
export const deep = (n) => (n > 0 ? deep(n - 1) : 1);
"""
MODULE = "globalThis.announce();\nfor (;;) {}\n"

# Lets a cell see each attempt to end what runs, and decide about it.
ATTEMPTS = """
    const key = Symbol.for("vitrine.terminationPoint");
    const point = (globalThis as any)[key];
    let attempt = (n: number): void => point.terminate(n);
    Object.defineProperty(globalThis, key, { configurable: true, value: { terminate: (n: number) => attempt(n) } });
"""

# What each cell does for ever. HERE stands where it has begun.
KINDS = {
    "a loop": "HERE; while (true) spun++",
    "a loop after an await": "await null; HERE; while (true) spun++",
    "a loop of a library": "HERE; forever()",
    "a loop of a library after an await": "await null; HERE; forever()",
    "a loop that catches everything": "await null; HERE; stubborn()",
    "callbacks after an await": "await null; HERE; for (const many = Array(1e4).fill(0); ; ) again(() => many.map((x) => x + 1).reduce((a, b) => a + b))",
    "recursion": "await null; HERE; again(() => deep(1000))",
    "a regular expression": "await null; HERE; /(a+)+$/.test('a'.repeat(45) + 'b')",
    "a chain of promises": "HERE; const then = (): Promise<void> => Promise.resolve().then(then); await then()",
    "a chain of microtasks": "HERE; const microtask = () => queueMicrotask(microtask); microtask(); await endless",
    "a chain of ticks": "HERE; const tick = () => process.nextTick(tick); tick(); await endless",
    "a chain of awaits": "HERE; await (async () => { for (;;) await null })()",
    "an await": "HERE; await endless",
    "an await that is caught": "HERE; for (;;) { try { await endless } catch {} }",
    "an asynchronous generator": "HERE; for await (const n of (async function* () { for (;;) yield 1 })()) spun += n",
    "a child process": "HERE; execSync('sleep 600')",
    "child processes in a loop that catches everything": "await null; HERE; again(() => execSync('sleep 600', { stdio: 'ignore' }))",
    "a timer": "setTimeout(() => { HERE; forever() }, 1); await endless",
    "an immediate": "setImmediate(() => { HERE; forever() }); await endless",
    "a message": "const { port1, port2 } = new MessageChannel(); port1.onmessage = () => { port1.close(); HERE; forever() }; port2.postMessage(1); await endless",
    "a callback of Node": "readFile('.', () => { HERE; forever() }); await endless",
    "a comparison": "HERE; [3, 1, 2].sort(() => forever() as never)",
    "a trap": "HERE; new Proxy({}, { get: forever } as any).x",
    "a wait of the thread": "HERE; Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
    "files in a loop": "await null; HERE; again(() => readFileSync('library.mjs'))",
    "a module": "await import('./module.mjs?' + Math.random())",
    "a value that is shown": "({ [Symbol.for('Jupyter.display')]() { HERE; forever() } })",
}


def check(function):
    CHECKS.append(function)
    return function


class InterruptedKernel(Kernel):
    def __init__(self):
        super().__init__()
        for name, text in (("library.mjs", LIBRARY), ("module.mjs", MODULE)):
            with open(os.path.join(FOLDER, name), "w") as file:
                file.write(text)
        self.interrupted = 0
        prelude = self.run(
            """import { execSync } from "node:child_process";
            import { readFile, readFileSync } from "node:fs";
            import { again, deep, forever, stubborn } from "./library.mjs";
            let kept = 0, spun = 0;
            const endless = new Promise<never>(() => {});
            (globalThis as any).announce = () => console.log("here");"""
        )
        equal(prelude.status, "ok")

    def interrupt_at(self, code, wait_s, by="message"):
        """Interrupts a cell so long after it is HERE."""
        message_id, seen = self.start(code)
        time.sleep(wait_s)
        if by == "message":
            self.manager.interrupt_kernel()
        else:
            os.kill(self.manager.provisioner.process.pid, signal.SIGINT)
        return self.ended(message_id, seen)

    def ended(self, message_id, seen=None):
        published = self.published_until_idle(message_id, seen)
        reply = self.reply_to(message_id)["content"]
        equal((reply["status"], reply.get("ename")), ("error", "KeyboardInterrupt"))
        return published

    def goes_on(self):
        """A cell runs as if nothing had been: with what others declared, and output of its own."""
        self.interrupted += 1
        result = self.run("kept += 1; await new Promise((r) => setTimeout(r, 1)); console.log('own'); kept")
        equal((result.value, result.text()), (str(self.interrupted), "own\n"))


@check
def an_interrupt_ends_every_kind_of_cell_and_keeps_state(kernel):
    chance = random.Random(SEED)
    kinds = list(KINDS.items())
    count = int(os.environ.get("INTERRUPTS", len(kinds)))
    order = [kinds[n % len(kinds)] for n in range(count)]
    chance.shuffle(order)
    begin = time.monotonic()
    for n, (kind, code) in enumerate(order):
        wait_s = chance.uniform(0, LATEST_S)
        start = time.monotonic()
        try:
            kernel.interrupt_at(code, wait_s)
            kernel.goes_on()
        except BaseException as error:
            alive = kernel.manager.is_alive()
            raise AssertionError(f"interrupt {n} of {kind}, {wait_s * 1000:.1f} ms late, kernel alive: {alive}") from error
        if os.environ.get("VERBOSE"):
            print(f"{n} {kind}: {time.monotonic() - start:.2f} s", file=sys.stderr, flush=True)
    total = time.monotonic() - begin
    print(f"{count} interrupts, {total / count * 1000:.0f} ms each with the cell after it", file=sys.stderr, flush=True)


@check
def an_interrupt_before_the_cell_has_begun_keeps_it_from_beginning(kernel):
    for _ in range(3):
        message_id = kernel.client.execute("await null; forever()")
        while True:
            message = kernel.client.get_iopub_msg(timeout=HANG_S)
            if message["msg_type"] == "execute_input" and message["parent_header"]["msg_id"] == message_id:
                break
        kernel.manager.interrupt_kernel()
        kernel.ended(message_id)
        kernel.goes_on()


@check
def a_signal_from_outside_ends_what_runs_too(kernel):
    for kind in ("a loop", "a loop of a library after an await", "a chain of promises", "an await"):
        kernel.interrupt_at(KINDS[kind], 0, by="signal")
        kernel.goes_on()
    kernel.run("const listener = () => {}; process.on('SIGINT', listener); process.off('SIGINT', listener)")
    kernel.interrupt_at(KINDS["a loop"], 0, by="signal")
    kernel.goes_on()


@check
def a_module_that_was_ended_in_its_run_says_so_and_a_required_one_runs_anew(kernel):
    for name in ("once.mjs", "once.ts", "once.cjs"):
        with open(os.path.join(FOLDER, name), "w") as file:
            file.write("globalThis.times = (globalThis.times ?? 0) + 1;\nif (globalThis.times % 2 === 1) { globalThis.announce(); for (;;) {} }\n")
    for name in ("once.mjs", "once.ts"):
        kernel.interrupt_at(f"import './{name}'", 0)
        kernel.goes_on()
        again = kernel.run(f"import './{name}'")
        contains(again.reply["content"]["evalue"], "Restart the kernel, or edit the file")
        kernel.run("(globalThis as any).times = 0")
    equal([name for name in os.listdir(FOLDER) if name.startswith(".once")], [])
    kernel.interrupt_at("require('./once.cjs')", 0)
    kernel.goes_on()
    equal(kernel.run("require('./once.cjs'); (globalThis as any).times").value, "2")


@check
def the_first_attempts_end_code_of_the_user_s_own(kernel):
    kernel.run(f"{ATTEMPTS} attempt = (n) => {{ if (n < 10) point.terminate(n) }}")
    kernel.interrupt_at("await null; HERE; forever()", 0)
    kernel.run("Object.defineProperty(globalThis, key, { configurable: true, value: point })")
    kernel.goes_on()


@check
def an_interrupt_while_a_file_is_looked_for_leaves_later_ones_to_be_found(_):
    """esbuild looks for files. Here its process is asked so slowly that the interrupt comes in the middle of the question."""
    kernel = Kernel()
    try:
        kernel.run(
            f"""const processes = require("child_process"), {{ spawn }} = processes;
            let stdin: any;
            processes.spawn = (...all: any[]) => {{
                const child = spawn(...(all as [any]));
                stdin = child.stdin;
                return child;
            }};
            await import("./library.mjs");
            processes.spawn = spawn;
            const held = new Int32Array(new SharedArrayBuffer(4));
            {ATTEMPTS}
            attempt = (n) => {{
                if (n <= 60) return point.terminate(n);
                delete stdin._unrefTimer;
                Atomics.store(held, 0, 1);
                Atomics.notify(held, 0);
            }};"""
        )
        message_id, seen = kernel.start(
            "stdin._unrefTimer = Atomics.wait.bind(Atomics, held, 0, 0); HERE; await import('./library.mjs')"
        )
        kernel.manager.interrupt_kernel()
        kernel.published_until_idle(message_id, seen)
        equal(kernel.reply_to(message_id)["content"]["ename"], "KeyboardInterrupt")
        equal(kernel.run("(await import('./library.mjs')).deep(1)").value, "1")
    finally:
        kernel.client.stop_channels()
        kernel.manager.shutdown_kernel(now=True)


@check
def a_child_that_does_not_mind_is_killed(kernel):
    script = "trap '' INT TERM; while :; do sleep 600; done"
    kernel.run(f"const script = {json.dumps(script)}")
    kernel.interrupt_at("HERE; execSync(script)", 0)
    kernel.goes_on()


@check
def a_child_that_nobody_waits_for_lives_on(kernel):
    kernel.run("import { spawn } from 'node:child_process'; const server = spawn('sleep', ['600']); server.pid")
    kernel.interrupt_at("HERE; forever()", 0)
    kernel.goes_on()
    equal(kernel.run("[server.exitCode, server.signalCode, server.kill()]").value, "[ null, null, true ]")


@check
def an_interrupt_while_nothing_runs_stops_timers_and_says_so(kernel):
    first = kernel.run(
        """import { setInterval as every } from "node:timers";
        import * as promised from "node:timers/promises";
        let ticks = 0;
        setInterval(() => ticks++, 1);
        setTimeout(() => (ticks = NaN), 3_600_000);
        every(() => ticks++, 1);
        require("timers").setInterval(() => ticks++, 1);
        void promised.setTimeout(3_600_000).then(() => (ticks = NaN));
        void (async () => { for await (const _ of promised.setInterval(1)) ticks++; })();
        1"""
    )
    kernel.elsewhere.clear()
    kernel.control("interrupt_request")
    second = kernel.run("const before = ticks; await new Promise((r) => setTimeout(r, 30)); ticks - before")
    equal(second.value, "0")
    said = [m for m in kernel.elsewhere if m["msg_type"] == "stream"]
    # One that ticks at this very moment ends as code does, with the place; then there are 5 timers left.
    ended = [m for m in said if m["content"]["text"].startswith("KeyboardInterrupt: ")]
    assert len(ended) <= 1, said
    stopped = f"interrupt: stopped {6 - len(ended)} timers of cells that have ended.\n"
    equal([m["content"]["text"] for m in said if m not in ended], [stopped])
    equal({m["parent_header"]["msg_id"] for m in said}, {first.reply["parent_header"]["msg_id"]})
    kernel.elsewhere.clear()
    kernel.control("interrupt_request")  # and there are no more
    kernel.run("1")
    equal([m for m in kernel.elsewhere if m["msg_type"] == "stream"], [])


@check
def an_interrupt_ends_what_an_ended_cell_left_running(kernel):
    message_id, _ = kernel.start("setTimeout(() => { HERE; forever() }, 20); 1")
    kernel.elsewhere.clear()
    kernel.control("interrupt_request")
    kernel.goes_on()
    said = [m for m in kernel.elsewhere if m["msg_type"] == "stream"]
    equal([m["content"]["text"] for m in said], ["interrupt: ended code of cells that have ended.\n"])
    equal(said[0]["parent_header"]["msg_id"], message_id)


@check
def an_interrupt_ends_a_listener_of_a_comm(kernel):
    kernel.run("let heard = 0, over = 0; const host = globalThis[Symbol.for('vitrine.kernelHost')]")
    code = (
        "import { widget } from 'vitrine/widgets';"
        "const listen = () => { heard++; host.requestOver.addEventListener('abort', () => over++); console.log('here'); forever() };"
        "const held = widget({ esm: '', state: {}, onMessage: listen }); held"
    )
    model_id = kernel.run(code).of("comm_open")[0]["comm_id"]
    sent = kernel.send_comm("comm_msg", model_id, {"method": "custom", "content": {}})
    seen = []
    while "here" not in "".join(m["content"]["text"] for m in seen if m["msg_type"] == "stream"):
        seen.append(kernel.client.get_iopub_msg(timeout=HANG_S))
    kernel.control("interrupt_request")
    kernel.published_until_idle(sent)
    kernel.goes_on()
    equal(kernel.run("[heard, over].join()").value, "'1,1'")


@check
def a_cell_that_hears_of_an_interrupt_and_goes_on_is_ended(kernel):
    kernel.interrupt_at("HERE; try { await endless } catch { forever() }", 0)
    kernel.goes_on()


@check
def what_waits_behind_an_interrupted_cell_does_not_run(kernel):
    message_id, seen = kernel.start("await null; HERE; forever()")
    behind = kernel.client.execute("kept = NaN")
    kernel.control("interrupt_request")
    kernel.ended(message_id, seen)
    equal(kernel.finish(behind).status, "aborted")
    kernel.goes_on()


@check
def cells_of_every_shell_end_and_each_is_told(kernel):
    subshell_id = kernel.control("create_subshell_request")["content"]["subshell_id"]
    content = {"code": "await endless", "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    beside = kernel.send_in_subshell(subshell_id, "execute_request", content)
    message_id, seen = kernel.start("await null; HERE; forever()")
    kernel.control("interrupt_request")
    replies = [kernel.client.get_shell_msg(timeout=HANG_S) for _ in range(2)]
    equal({reply["parent_header"]["msg_id"] for reply in replies}, {message_id, beside})
    equal([reply["content"].get("ename") for reply in replies], ["KeyboardInterrupt"] * 2)
    kernel.control("delete_subshell_request", {"subshell_id": subshell_id})
    kernel.goes_on()


@check
def promises_are_shown_without_what_node_keeps_on_them(kernel):
    result = kernel.run("console.log(Promise.resolve(1), [new Promise(() => {})], (async () => 2)())")
    equal(result.text(), "Promise { 1 } [ Promise { <pending> } ] Promise { 2 }\n")


@check
def late_output_goes_to_its_cell_after_interrupts_too(kernel):
    first = kernel.run("let due = () => {}; void new Promise<void>((r) => (due = r)).then(async () => { await null; console.log('late') }); 1")
    kernel.interrupt_at("await null; HERE; forever()", 0)
    kernel.goes_on()
    kernel.elsewhere.clear()
    second = kernel.run("due(); await new Promise((r) => setTimeout(r, 1)); 2")
    late = [m for m in kernel.elsewhere if m["msg_type"] == "stream"]
    equal([m["content"]["text"] for m in late], ["late\n"])
    equal(late[0]["parent_header"]["msg_id"], first.reply["parent_header"]["msg_id"])
    equal(second.text(), "")


@check
def a_cell_in_native_code_is_said_to_be_beyond_reach(kernel):
    path = os.path.join(FOLDER, "pipe")
    os.mkfifo(path)
    message_id, seen = kernel.start(f"HERE; readFileSync({json.dumps(path)}); forever()")
    kernel.control("interrupt_request")
    while True:
        message = kernel.client.get_iopub_msg(timeout=HANG_S)
        seen.append(message)
        if message["msg_type"] == "stream" and "restart the kernel" in message["content"]["text"]:
            break
    equal((message["content"]["name"], message["parent_header"]["msg_id"]), ("stderr", message_id))
    os.close(os.open(path, os.O_WRONLY))  # only now does the reader go on
    kernel.ended(message_id, seen)
    kernel.goes_on()


@check
def a_kernel_exits_after_interrupts_as_before(kernel):
    kernel.interrupt_at("await null; HERE; forever()", 0)
    kernel.manager.shutdown_kernel()
    assert not kernel.manager.is_alive()


if __name__ == "__main__":
    only = os.environ.get("ONLY", "")
    interrupted = InterruptedKernel()
    try:
        CHECKS[:] = [function for function in CHECKS if only in function.__name__]
        run_checks(CHECKS, interrupted)
    finally:
        interrupted.client.stop_channels()
        if interrupted.manager.is_alive():
            interrupted.manager.shutdown_kernel(now=True)
