"""Drives the kernel with Jupyter's own client and reports each check as a line of JSON on stdout.

Usage: jupyter_client_check.py FOLDER, with the kernelspec `vitrine` on JUPYTER_PATH and FOLDER holding the fixtures
that test/conformance/kernel.test.ts writes.
"""

import json
import os
import re
import signal
import sys
import time
import traceback
import uuid

import zmq
from jupyter_client.manager import KernelManager
from jupyter_client.session import Session

# Only turns a hang into a failure.
HANG_S = 180
FOLDER = os.path.realpath(sys.argv[1])
ANYWIDGET = sys.argv[2]
REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CHECKS = []
# Types of the messages that went either way since the check began, and commands of the debugger.
EXCHANGED = set()


def record(name):
    """Makes each session note the messages that it sends or reads."""
    method = getattr(Session, name)

    def recording(self, *args, **options):
        message = method(self, *args, **options)
        if message:
            EXCHANGED.add(message["header"]["msg_type"])
            if message["header"]["msg_type"] == "debug_request":
                EXCHANGED.add(f"debug {message['content']['command']}")
        return message

    setattr(Session, name, recording)


record("send")
record("deserialize")


def check(function):
    CHECKS.append(function)
    return function


def run_checks(checks, kernel):
    for function in checks:
        EXCHANGED.clear()
        failure = None
        try:
            function(kernel)
        except Exception:
            failure = traceback.format_exc()
        name = function.__name__.replace("_", " ")
        print(json.dumps({"name": name, "failure": failure, "messages": sorted(EXCHANGED)}), flush=True)


class Result:
    """Everything a request led to: its reply, and what was published under it before its idle."""

    def __init__(self, reply, published):
        self.reply = reply
        self.published = published

    @property
    def status(self):
        return self.reply["content"]["status"]

    def of(self, message_type):
        return [m["content"] for m in self.published if m["msg_type"] == message_type]

    def text(self, name="stdout"):
        return "".join(c["text"] for c in self.of("stream") if c["name"] == name)

    @property
    def value(self):
        results = self.of("execute_result")
        return results[0]["data"]["text/plain"] if results else None

    @property
    def traceback(self):
        return "\n".join(self.of("error")[0]["traceback"])


class Kernel:
    def __init__(self):
        self.manager = KernelManager(kernel_name="vitrine")
        self.manager.start_kernel(cwd=FOLDER)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=HANG_S)
        self.elsewhere = []

    def published_until_idle(self, message_id, collected=None):
        collected = [] if collected is None else collected
        while True:
            message = self.client.get_iopub_msg(timeout=HANG_S)
            if message["parent_header"].get("msg_id") != message_id:
                self.elsewhere.append(message)
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return collected
            collected.append(message)

    def reply_to(self, message_id):
        while True:
            message = self.client.get_shell_msg(timeout=HANG_S)
            if message["parent_header"].get("msg_id") == message_id:
                return message

    def run(self, code, **options):
        return self.finish(self.client.execute(code, **options))

    def run_cell(self, code, cell_id):
        message = self.client.session.msg(
            "execute_request",
            {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False},
            metadata={"cellId": cell_id},
        )
        self.client.shell_channel.send(message)
        return self.finish(message["header"]["msg_id"])

    def finish(self, message_id):
        published = self.published_until_idle(message_id)
        return Result(self.reply_to(message_id), published)

    def ask(self, method, *args, **options):
        message_id = method(*args, **options)
        reply = self.reply_to(message_id)
        self.published_until_idle(message_id)
        return reply["content"]

    def control(self, message_type, content=None):
        message = self.client.session.msg(message_type, content or {})
        self.client.control_channel.send(message)
        while True:
            reply = self.client.get_control_msg(timeout=HANG_S)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return reply

    def send_in_subshell(self, subshell_id, message_type, content):
        message = self.client.session.msg(message_type, content)
        message["header"]["subshell_id"] = subshell_id
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def send_comm(self, message_type, comm_id, data=None, buffers=None, **content):
        message = self.client.session.msg(message_type, {"comm_id": comm_id, "data": data or {}, **content})
        self.client.session.send(self.client.shell_channel.socket, message, buffers=buffers)
        return message["header"]["msg_id"]

    def comm_exchange(self, comm_id, data, buffers=None):
        published = self.published_until_idle(self.send_comm("comm_msg", comm_id, data, buffers))
        assert published[0]["content"].get("execution_state") == "busy", published[0]
        return [m for m in published if m["msg_type"].startswith("comm_")]

    def start(self, code, send=None):
        """Runs a cell and waits until it has printed HERE, which stands where the test goes on."""
        message_id = (send or self.client.execute)(code.replace("HERE;", "console.log('here');"))
        seen = []
        while "here" not in "".join(m["content"]["text"] for m in seen if m["msg_type"] == "stream"):
            message = self.client.get_iopub_msg(timeout=HANG_S)
            own = message["parent_header"].get("msg_id") == message_id
            (seen if own else self.elsewhere).append(message)
        return message_id, seen

    def interrupt(self, code, by="message"):
        """Interrupts a cell once it is HERE, and gives what came of it."""
        message_id, seen = self.start(code)
        if by == "message":
            self.manager.interrupt_kernel()
        else:
            os.kill(self.manager.provisioner.process.pid, signal.SIGINT)
        published = self.published_until_idle(message_id, seen)
        result = Result(self.reply_to(message_id), published)
        equal((result.status, result.reply["content"].get("ename")), ("error", "KeyboardInterrupt"))
        return result


def equal(actual, expected):
    assert actual == expected, f"expected {expected!r}, got {actual!r}"


def wait_for_file(path):
    """A file is how a cell that holds its thread can tell something without printing."""
    end = time.monotonic() + HANG_S
    while not os.path.exists(path):
        assert time.monotonic() < end, f"no {path}"
        time.sleep(0.01)


def beats(kernel):
    """Returns once the kernel has sent back what was sent to its heartbeat socket."""
    info = kernel.client.get_connection_info()
    with zmq.Context.instance().socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.connect(f"tcp://{info['ip']}:{info['hb_port']}")
        socket.send(b"ping")
        assert socket.poll(HANG_S * 1000), "no heartbeat"
        equal(socket.recv(), b"ping")


def any_idle(messages):
    return any(m["content"].get("execution_state") == "idle" for m in messages)


def contains(text, part):
    assert part in text, f"expected {part!r} in {text!r}"


@check
def the_kernelspec_asks_for_interrupts_by_message(kernel):
    spec = kernel.manager.kernel_spec
    equal(spec.interrupt_mode, "message")
    equal(spec.display_name, "TypeScript (Vitrine)")
    equal(spec.language, "typescript")


@check
def kernel_info_describes_typescript(kernel):
    info = kernel.ask(kernel.client.kernel_info)
    equal(info["protocol_version"], "5.5")
    equal(info["implementation"], "vitrine")
    language = info["language_info"]
    equal(language["name"], "typescript")
    equal(language["mimetype"], "application/typescript")
    equal(language["file_extension"], ".ts")
    with open(os.path.join(REPOSITORY, "node_modules", "typescript", "package.json")) as file:
        equal(language["version"], json.load(file)["version"])


@check
def closures_see_what_later_cells_assign(kernel):
    equal(kernel.run("let x = 1; function f() { return x }").status, "ok")
    equal(kernel.run("x = 10; f()").value, "10")
    equal(kernel.run("let x = 'again'").status, "ok")
    equal(kernel.run("f()").value, "'again'")


@check
def a_throwing_cell_keeps_what_it_declared(kernel):
    equal(kernel.run("const before = 5; throw new TypeError('boom'); const after = 6").status, "error")
    equal(kernel.run("before").value, "5")
    result = kernel.run("after")
    equal(result.status, "error")
    equal(result.reply["content"]["ename"], "ReferenceError")


@check
def null_and_awaited_promises_are_shown_and_undefined_is_not(kernel):
    equal(kernel.run("null").value, "null")
    equal(kernel.run("undefined").value, None)
    equal(kernel.run("Promise.resolve({ a: 1 })").value, "{ a: 1 }")
    equal(kernel.run("await Promise.resolve(7)").value, "7")
    equal(kernel.run("({ a: 1 })").value, "{ a: 1 }")
    equal(kernel.run("const quiet = 1").value, None)


@check
def for_await_works_at_the_top_level(kernel):
    code = "for await (const n of (async function* () { yield 1; yield 2 })()) console.log(n)"
    equal(kernel.run(code).text(), "1\n2\n")


@check
def es_modules_load_with_exports_maps_and_top_level_await(kernel):
    result = kernel.run('import { answer } from "esm-only/deep"; const typed: number = answer; typed')
    equal(result.value, "42")
    equal(kernel.run('(await import("esm-only/deep")).answer').value, "42")
    equal(kernel.run("answer + 1").value, "43")


@check
def relative_modules_load_from_the_folder_of_the_notebook(kernel):
    equal(kernel.run('import { twice } from "./local.ts"; twice(4)').value, "8")
    equal(kernel.run('import { thrice } from "./local.mjs"; thrice(4)').value, "12")
    equal(kernel.run('import data from "./data.json"; data.name').value, "'from json'")


@check
def node_builtins_and_globals_are_typed_in_any_folder(kernel):
    result = kernel.run('import { basename } from "node:path"; basename(process.cwd()).length > 0')
    equal(result.value, "true")
    equal(kernel.run("const bytes: Buffer = Buffer.from('a'); console.log(bytes.length)").text(), "1\n")


@check
def vitrine_loads_in_any_folder_with_its_types(kernel):
    result = kernel.run('import { loadModel } from "vitrine"; typeof loadModel')
    equal(result.value, "'function'")
    found = kernel.ask(kernel.client.inspect, "loadModel", 4)
    contains(found["data"]["text/plain"], "Promise<Model>")
    code = 'const model = await loadModel("tiny");\nmodel.'
    contains(kernel.ask(kernel.client.complete, code)["matches"], "generate")
    result = kernel.run('import { attention } from "vitrine/widgets"; typeof attention')
    equal(result.value, "'function'")


@check
def errors_name_lines_of_the_cell_and_nothing_of_the_kernel(kernel):
    code = "function inner(): never {\n  throw new RangeError('deep')\n}\n\nconst outer = () => inner()\nouter()"
    result = kernel.run(code)
    error = result.of("error")[0]
    equal((error["ename"], error["evalue"]), ("RangeError", "deep"))
    count = result.reply["content"]["execution_count"]
    lines = result.traceback.split("\n")
    equal(lines[0], "RangeError: deep")
    contains(lines[1], f"inner (Cell [{count}]:2:")
    contains(lines[2], f"outer (Cell [{count}]:5:")
    contains(lines[3], f"Cell [{count}]:6:")
    frame = ["", f"Cell [{count}]:", "  1 | function inner(): never {", "> 2 |   throw new RangeError('deep')"]
    equal(lines[4:9], frame + ["    |         ^"])
    equal(lines[-1], "  4 |")
    contains(kernel.run("throw 'a string'").traceback, "a string")


@check
def errors_of_what_a_cell_awaits_name_the_await(kernel):
    code = "import { readFile } from 'node:fs/promises'\nconst one = 1\nawait readFile('/nope/none')"
    result = kernel.run(code)
    count = result.reply["content"]["execution_count"]
    contains(result.traceback, f"at async Cell [{count}]:3:1")
    contains(result.traceback, "> 3 | await readFile('/nope/none')")
    result = kernel.run("for await (const x of (async function* () { await null; throw new Error('late') })()) x")
    contains(result.traceback, f"at async Cell [{count + 1}]:1:")


@check
def type_errors_are_told_and_the_cell_runs_unless_it_is_strict(kernel):
    code = "console.log('ran')\nconst s: string = 3\ns"
    result = kernel.run(code)
    count = result.reply["content"]["execution_count"]
    equal((result.status, result.text(), result.value), ("ok", "ran\n", "3"))
    told = f"Cell [{count}]:2:7 - error TS2322: Type 'number' is not assignable to type 'string'."
    equal(result.text("stderr"), f"{told}\n    const s: string = 3\n          ~\n")
    result = kernel.run(f"// @strict\n{code}")
    equal(result.reply["content"]["ename"], "TypeScriptError")
    contains(result.traceback, ":3:7 - error TS2322")
    contains(result.traceback, "> 3 | const s: string = 3\n    |       ^")
    equal(result.text(), "")


@check
def syntax_errors_keep_a_cell_from_running(kernel):
    result = kernel.run("console.log('ran')\nlet (")
    contains(result.traceback, "error TS")
    equal(result.text(), "")


@check
def notebooks_written_for_tslab_show_things(kernel):
    result = kernel.run(
        "import * as tslab from 'tslab'\ntslab.display.html('<b>a</b>')\n"
        "const place = tslab.newDisplay(); place.text('b'); place.text('c')\n"
        "tslab.display.png(new Uint8Array([1, 2]))\nrequire('tslab').display === tslab.display"
    )
    equal(result.text("stderr"), "")
    equal([c["data"] for c in result.of("display_data")], [{"text/html": "<b>a</b>"}, {"text/plain": "b"}, {"image/png": "AQI="}])
    (update,) = result.of("update_display_data")
    equal(update["data"], {"text/plain": "c"})
    equal(update["transient"], result.of("display_data")[1]["transient"])
    equal(result.value, "true")


@check
def packages_without_types_do_not_keep_a_cell_from_running(kernel):
    equal(kernel.run('import { untyped } from "no-types"; untyped(1)').value, "2")
    result = kernel.run('import { nothing } from "not-installed"')
    equal(result.status, "error")
    contains(result.traceback, "not-installed")


@check
def all_output_arrives_before_idle(kernel):
    result = kernel.run("for (let i = 0; i < 20000; i++) console.log(i)")
    equal(result.text(), "".join(f"{i}\n" for i in range(20000)))
    assert len(result.of("stream")) < 100, f"{len(result.of('stream'))} messages"


@check
def stdout_and_stderr_keep_their_order(kernel):
    result = kernel.run("console.log('a'); console.error('b'); process.stdout.write('c')")
    streams = [(c["name"], c["text"]) for c in result.of("stream")]
    equal(streams, [("stdout", "a\n"), ("stderr", "b\n"), ("stdout", "c")])


@check
def late_output_goes_to_the_cell_that_started_it(kernel):
    first = kernel.run(
        """let isDue = false, announce: () => void;
        const said = new Promise<void>((resolve) => (announce = resolve));
        const poll = setInterval(() => {
          if (!isDue) return;
          console.log('late');
          clearInterval(poll);
          announce();
        }, 1);"""
    )
    kernel.elsewhere.clear()
    second = kernel.run("isDue = true; await said; console.log('own')")
    equal(second.text(), "own\n")
    late = [m for m in kernel.elsewhere if m["msg_type"] == "stream"]
    equal([m["content"]["text"] for m in late], ["late\n"])
    equal(late[0]["parent_header"]["msg_id"], first.reply["parent_header"]["msg_id"])


@check
def uncaught_errors_of_callbacks_are_printed(kernel):
    code = "setTimeout(() => { throw new Error('from a timer') }, 1)\nawait new Promise((r) => setTimeout(r, 20))"
    printed = kernel.run(code).text("stderr")
    contains(printed, "Error: from a timer")
    contains(printed, "> 1 | setTimeout(() => { throw new Error('from a timer') }, 1)\n    |                          ^\n")
    equal(kernel.run("1 + 1").value, "2")


@check
def an_error_that_is_the_value_of_a_cell_shows_the_lines_where_it_was_made(kernel):
    kernel.run("const makeError = () =>\n  new RangeError('made')")
    value = kernel.run("makeError()").value
    contains(value, "RangeError: made\n    at makeError (Cell [")
    contains(value, "> 2 |   new RangeError('made')\n    |   ^")


@check
def displays_are_published_and_updated(kernel):
    code = 'displayRaw({ "text/html": "<b>1</b>" }, { id: "d" }); displayRaw({ "text/html": "2" }, { id: "d", update: true })'
    result = kernel.run(code)
    shown = result.of("display_data")[0]
    equal(shown["data"], {"text/html": "<b>1</b>"})
    equal(shown["transient"], {"display_id": "d"})
    equal(result.of("update_display_data")[0]["data"], {"text/html": "2"})
    code = 'const own = { [Symbol.for("Jupyter.display")]: () => ({ "text/markdown": "*x*" }) }; own'
    equal(kernel.run(code).of("execute_result")[0]["data"], {"text/markdown": "*x*"})
    code = 'import * as tslab from "tslab"; tslab.display.html("<i>t</i>")'
    equal(kernel.run(code).of("display_data")[0]["data"], {"text/html": "<i>t</i>"})


@check
def tables_arrays_and_figures_are_shown_as_what_they_are(kernel):
    def shown(code):
        return kernel.run(code).of("execute_result")[0]["data"]

    contains(shown("[{ a: 1, b: 'x' }, { a: 2, b: 'y' }]")["text/html"], "<table>")
    contains(shown("new Float32Array([1, 2, 3])")["text/plain"], "float32 (3)  min 1  max 3  mean 2  NaN 0")
    contains(shown("({ data: new Float32Array(6), shape: [2, 3], dims: ['T', 'M'] })")["text/html"], "heatmap")
    figure = shown("({ data: [{ y: new Float64Array([1, 2]) }], layout: {} })")
    equal(figure["application/vnd.plotly.v1+json"], {"data": [{"y": [1, 2]}], "layout": {}})


@check
def progress_bars_move_in_place(kernel):
    code = "let sum = 0; for (const n of progress([1, 2, 3], { label: 'adding' })) sum += n; sum"
    result = kernel.run(code)
    equal(result.value, "6")
    (shown,) = result.of("display_data")
    updates = result.of("update_display_data")
    equal({update["transient"]["display_id"] for update in updates}, {shown["transient"]["display_id"]})
    contains(updates[-1]["data"]["text/plain"], "adding [########################] 3 of 3")
    code = "async function* letters() { yield 'a'; yield 'b' }\nfor await (const letter of progress(letters())) break"
    contains(kernel.run(code).of("update_display_data")[-1]["data"]["text/plain"], "0, 0.")
    result = kernel.run("const bar = progress(2); bar.advance(); bar.set(2, 'done'); bar.end(); bar.done")
    equal(result.value, "2")
    contains(result.of("update_display_data")[-1]["data"]["text/html"], '<progress value="1" max="1">')


@check
def slow_stages_of_the_engine_show_a_bar_and_quick_ones_do_not(kernel):
    kernel.run(
        """const listener = (globalThis as any)[Symbol.for("vitrine.progressListener")];
        const report = (done: number) => listener({ stage: "weights", done, total: 3, label: "w" });"""
    )
    # The clock stands while they report, and goes on only where a cell says so.
    kernel.run("const { now } = Date; let clock = now(); Date.now = () => clock;")
    equal(kernel.run("report(1); clock += 999; report(2); report(3)").of("display_data"), [])
    result = kernel.run("report(1); clock += 1000; report(2); report(3)")
    kernel.run("Date.now = now")
    equal(len(result.of("display_data")), 1)
    contains(result.of("update_display_data")[-1]["data"]["text/plain"], "3 of 3")
    equal(kernel.run("import { loadModel as load } from 'vitrine'; (await load('tiny')).name").value, "'tiny'")


@check
def many_chats_in_one_cell_one_by_one_and_at_once_write_nothing_to_stderr(kernel):
    result = kernel.run(
        """const talker = await (await import("vitrine")).loadModel("tiny");
        async function talk(n: number): Promise<string | null> {
          const chat = talker.chat([{ role: "user", content: `7+${n}=?` }], { maxTokens: 2 });
          for await (const _ of chat);
          return chat.finishReason;
        }
        const ends: (string | null)[] = [];
        for (let n = 0; n < 12; n++) ends.push(await talk(n));
        ends.push(...(await Promise.all(Array.from({ length: 12 }, (_, n) => talk(n)))));
        talker.dispose();
        [...new Set(ends)]"""
    )
    equal(result.value, "[ 'length' ]")
    equal(kernel.run("0").text("stderr") + result.text("stderr"), "")


@check
def a_comm_of_the_front_end_works_both_ways_while_a_cell_awaits(kernel):
    kernel.run(
        """let letGo: () => void;
        const host = (globalThis as any)[Symbol.for("vitrine.kernelHost")];
        host.registerCommTarget("echo", (comm: any, open: any) => {
          comm.send({ opened: open.data.name });
          comm.onMessage(({ data, buffers }: any) => {
            if (data.value === "let go") letGo();
            const bytes = new Uint8Array(buffers[0].buffer, buffers[0].byteOffset, buffers[0].byteLength);
            comm.send({ got: data.value }, { buffers: [bytes.map((b: number) => b + 1)] });
          });
        });"""
    )
    comm_id = uuid.uuid4().hex
    waiting, _ = kernel.start("HERE; await new Promise<void>((resolve) => (letGo = resolve))")
    opened = kernel.published_until_idle(
        kernel.send_comm("comm_open", comm_id, {"name": "n"}, target_name="echo")
    )
    equal([m["content"]["data"] for m in opened if m["msg_type"] == "comm_msg"], [{"opened": "n"}])
    (answer,) = kernel.comm_exchange(comm_id, {"value": 3}, [b"\x01\x02\x03"])
    equal(answer["content"]["data"], {"got": 3})
    equal(bytes(answer["buffers"][0]), b"\x02\x03\x04")
    info = kernel.ask(kernel.client.comm_info)
    equal(info["comms"], {comm_id: {"target_name": "echo"}})
    kernel.published_until_idle(kernel.send_comm("comm_msg", comm_id, {"value": "let go"}, [b"\x01"]))
    equal(kernel.reply_to(waiting)["content"]["status"], "ok")
    kernel.published_until_idle(kernel.send_comm("comm_close", comm_id))
    equal(kernel.ask(kernel.client.comm_info)["comms"], {})


@check
def a_comm_of_an_unknown_target_is_closed(kernel):
    comm_id = uuid.uuid4().hex
    answer = kernel.published_until_idle(
        kernel.send_comm("comm_open", comm_id, target_name="nobody")
    )
    equal([m["content"]["comm_id"] for m in answer if m["msg_type"] == "comm_close"], [comm_id])


WIDGET_CELL = """const { AnyWidget } = await import(ANYWIDGET);
const widget = new AnyWidget({
  esm: "export default { render() {} }",
  state: { count: 1, nested: { pixels: new Uint8Array([1, 2, 3]) } },
  onMessage(content: any, buffers: any, self: any) { self.send({ heard: content }, [new Uint8Array([buffers[0].getUint8(0) * 2])]) },
  fallback: () => ({ "text/plain": "a widget", "image/svg+xml": "<svg/>" }),
});
widget.onChange("count", (count: number) => { if (count === 13) throw new Error("unlucky"); });
widget"""


@check
def a_widget_speaks_the_protocol_of_ipywidgets(kernel):
    code = WIDGET_CELL.replace("ANYWIDGET", json.dumps(ANYWIDGET))
    result = kernel.run_cell(code, "widget-cell")
    equal(result.status, "ok")
    (opened,) = [m for m in result.published if m["msg_type"] == "comm_open"]
    equal(opened["metadata"], {"version": "2.1.0"})
    equal(opened["content"]["target_name"], "jupyter.widget")
    equal(opened["content"]["data"]["buffer_paths"], [["nested", "pixels"]])
    equal(bytes(opened["buffers"][0]), b"\x01\x02\x03")
    model_id = opened["content"]["comm_id"]
    data = result.of("execute_result")[0]["data"]
    equal(data["application/vnd.jupyter.widget-view+json"]["model_id"], model_id)
    equal((data["text/plain"], data["image/svg+xml"]), ("a widget", "<svg/>"))

    change = {"method": "update", "state": {"count": 5, "nested": {}}, "buffer_paths": [["nested", "pixels"]]}
    (echo,) = kernel.comm_exchange(model_id, change, [b"\x09"])
    equal(echo["content"]["data"]["method"], "echo_update")
    equal(echo["content"]["data"]["state"]["count"], 5)
    equal(bytes(echo["buffers"][0]), b"\x09")
    equal(kernel.run("[widget.get('count'), (widget.get('nested') as any).pixels.getUint8(0)]").value, "[ 5, 9 ]")

    result = kernel.run("widget.set({ count: 6 })")
    equal(result.of("comm_msg")[0]["data"], {"method": "update", "state": {"count": 6}, "buffer_paths": []})

    (state,) = kernel.comm_exchange(model_id, {"method": "request_state"})
    equal(state["content"]["data"]["method"], "update")
    equal(state["content"]["data"]["state"]["_model_module"], "anywidget")

    (custom,) = kernel.comm_exchange(model_id, {"method": "custom", "content": {"q": 1}}, [b"\x04"])
    equal(custom["content"]["data"], {"method": "custom", "content": {"heard": {"q": 1}}})
    equal(bytes(custom["buffers"][0]), b"\x08")

    control = uuid.uuid4().hex
    kernel.published_until_idle(
        kernel.send_comm("comm_open", control, target_name="jupyter.widget.control")
    )
    (states,) = kernel.comm_exchange(control, {"method": "request_states"})
    equal(states["content"]["data"]["method"], "update_states")
    equal(list(states["content"]["data"]["states"]), [model_id])
    equal(states["content"]["data"]["states"][model_id]["model_name"], "AnyModel")
    equal(states["content"]["data"]["buffer_paths"], [[model_id, "state", "nested", "pixels"]])
    kernel.published_until_idle(kernel.send_comm("comm_close", control))


@check
def errors_of_widget_callbacks_reach_the_cell_that_opened_the_widget(kernel):
    code = WIDGET_CELL.replace("ANYWIDGET", json.dumps(ANYWIDGET))
    result = kernel.run_cell(code, "widget-cell")
    model_id = result.of("comm_open")[0]["comm_id"]
    kernel.elsewhere.clear()
    kernel.comm_exchange(model_id, {"method": "update", "state": {"count": 13}, "buffer_paths": []})
    (printed,) = [m for m in kernel.elsewhere if m["msg_type"] == "stream"]
    equal(printed["content"]["name"], "stderr")
    contains(printed["content"]["text"], "Error: unlucky")
    equal(printed["parent_header"]["msg_id"], result.reply["parent_header"]["msg_id"])


@check
def running_a_cell_again_closes_the_widgets_it_showed(kernel):
    code = WIDGET_CELL.replace("ANYWIDGET", json.dumps(ANYWIDGET))
    first = kernel.run_cell(code, "again").of("comm_open")[0]["comm_id"]
    second = kernel.run_cell(code, "again")
    equal([c["comm_id"] for c in second.of("comm_close")], [first])
    model_id = second.of("comm_open")[0]["comm_id"]
    third = kernel.run_cell("widget.dispose()", "other")
    equal([c["comm_id"] for c in third.of("comm_close")], [model_id])
    kernel.run_cell("0", "widget-cell")
    equal(kernel.ask(kernel.client.comm_info, target_name="jupyter.widget")["comms"], {})


@check
def kernel_info_and_heartbeat_answer_while_a_cell_blocks(kernel):
    kernel.run("import { existsSync } from 'node:fs'")
    path = os.path.join(FOLDER, "let-go")
    blocking, _ = kernel.start(f"HERE; while (!existsSync({json.dumps(path)}));")
    equal(kernel.control("kernel_info_request")["content"]["status"], "ok")
    equal(kernel.reply_to(kernel.client.kernel_info())["content"]["status"], "ok")
    beats(kernel)
    open(path, "w").close()  # only now does the cell end
    equal(kernel.finish(blocking).status, "ok")
    os.remove(path)


@check
def interrupts_end_cells_and_keep_state(kernel):
    kernel.run("let n = 0; const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));")
    kernel.run("const endless = new Promise(() => {})")
    result = kernel.interrupt("HERE; while (true) n++")
    assert "kernel.js" not in result.traceback, result.traceback
    kernel.interrupt("HERE; while (true) n++", by="signal")
    kernel.interrupt("await sleep(1); HERE; while (true) n++")
    kernel.interrupt("HERE; await endless")
    kernel.interrupt("HERE; await endless", by="signal")
    kernel.interrupt("HERE; for (;;) { try { await endless } catch {} }")
    result = kernel.interrupt("HERE; try { await endless } finally { console.log('cleaned up') }")
    equal(result.text(), "here\ncleaned up\n")
    code = "interruptSignal()!.addEventListener('abort', () => console.log('aborted')); HERE; await endless"
    equal(kernel.interrupt(code).text(), "here\naborted\n")
    equal(kernel.run("n > 0").value, "true")


@check
def an_error_aborts_what_is_queued_behind_it(kernel):
    ids = [kernel.client.execute(code) for code in ("throw new Error('stop')", "2", "3")]
    equal([kernel.finish(i).status for i in ids], ["error", "aborted", "aborted"])
    ids = [kernel.client.execute(code, stop_on_error=False) for code in ("throw 1", "2")]
    equal([kernel.finish(i).status for i in ids], ["error", "ok"])


@check
def silent_and_store_history_are_honoured(kernel):
    count = kernel.run("1").reply["content"]["execution_count"]
    quiet = kernel.run("console.log('quiet'); 5", silent=True)
    equal([m["msg_type"] for m in quiet.published], ["status"])
    equal(kernel.run("2", store_history=False).reply["content"]["execution_count"], count)
    equal(kernel.run("3").reply["content"]["execution_count"], count + 1)
    history = kernel.ask(kernel.client.history, hist_access_type="tail", n=2)["history"]
    equal([entry[2] for entry in history], ["1", "3"])


@check
def what_is_not_counted_is_not_called_by_the_number_of_the_cell_before_it(kernel):
    result = kernel.run("function counted() {\n  throw new Error('counted')\n}")
    count = result.reply["content"]["execution_count"]
    quiet = kernel.run("1 +\n  missingName", silent=True)
    equal(quiet.status, "error")
    name = re.search(r"at (Cell \[unnumbered \d+\]):2:3", "\n".join(quiet.reply["content"]["traceback"]))[1]
    contains(quiet.reply["content"]["traceback"], f"{name}:")
    contains(quiet.reply["content"]["traceback"], "> 2 |   missingName")
    shown = kernel.run("\ncounted()", store_history=False)
    lines = shown.traceback.split("\n")
    contains(lines[1], f"counted (Cell [{count}]:2:9)")
    equal(re.sub(r"\d+", "N", lines[2]), "    at Cell [unnumbered N]:N:N")
    assert name not in lines[2], lines[2]
    contains(lines, "> 2 |   throw new Error('counted')")


@check
def user_expressions_are_evaluated(kernel):
    result = kernel.run("let u = 20", user_expressions={"good": "u + 1", "bad": "undefinedName"})
    expressions = result.reply["content"]["user_expressions"]
    equal(expressions["good"]["data"], {"text/plain": "21"})
    equal(expressions["bad"]["status"], "error")


@check
def prompt_asks_the_front_end(kernel):
    message_id = kernel.client.execute("const line: string = prompt('name? '); line", allow_stdin=True)
    asked = kernel.client.get_stdin_msg(timeout=HANG_S)
    equal(asked["content"], {"prompt": "name? ", "password": False})
    kernel.client.input("Ada Ł")
    equal(kernel.finish(message_id).value, "'Ada Ł'")
    equal(kernel.run("prompt('x')", allow_stdin=False).status, "error")


@check
def completeness_is_told(kernel):
    def status(code):
        return kernel.ask(kernel.client.is_complete, code)["status"]

    equal(status("let x = 1"), "complete")
    equal(status("function f() {"), "incomplete")
    equal(status("let x = )"), "invalid")


@check
def inspection_tells_type_and_documentation_and_at_detail_1_the_source(kernel):
    kernel.run("/** Twice <as> much. */\nfunction twice(x: number) {\n  return 2 * x;\n}\nconst half = (x: number) => x / 2;")

    def data(code, detail):
        return kernel.ask(kernel.client.inspect, code, len(code), detail)["data"]

    brief = data("twice", 0)
    equal(sorted(brief), ["text/html", "text/markdown", "text/plain"])
    equal(brief["text/plain"], "function twice(x: number): number\n\nTwice <as> much.")
    contains(brief["text/markdown"], "```typescript\nfunction twice(x: number): number\n```\n\nTwice")
    contains(brief["text/html"], "Twice &lt;as&gt; much.")
    contains(data("twice", 1)["text/plain"], "{\n  return 2 * x;\n}")
    contains(data("half", 1)["text/markdown"], "const half = (x: number) => x / 2")
    contains(data("Math.max", 1)["text/plain"], "max(...values: number[]): number;")


@check
def completion_tells_type_signature_and_documentation(kernel):
    kernel.run("/** Twice <as> much. */\nfunction twofold(x: number) { return 2 * x; }")
    reply = kernel.ask(kernel.client.complete, "twofo")
    described = {"text": "twofold", "type": "function", "signature": "(x: number): number"}
    place = {"start": 0, "end": 5}
    expected = {**described, "documentation": "Twice <as> much.", **place}
    equal(reply["metadata"]["_jupyter_types_experimental"][0], expected)
    kernel.ask(kernel.client.complete, "Math.")
    items = kernel.ask(kernel.client.complete, "Math.")["metadata"]["_jupyter_types_experimental"]
    equal([item["signature"] for item in items if item["text"] == "abs"], ["(x: number): number"])
    contains(next(item["documentation"] for item in items if item["text"] == "abs"), "absolute value")


@check
def completion_and_inspection_count_code_points(kernel):
    code = "const s = '😀'; s.toUpper"
    reply = kernel.ask(kernel.client.complete, code)
    equal(reply["matches"], ["toUpperCase"])
    equal(code[reply["cursor_start"] : reply["cursor_end"]], "toUpper")
    equal(reply["metadata"]["_jupyter_types_experimental"][0]["type"], "method")
    reply = kernel.ask(kernel.client.inspect, "'😀'; Math.max(", 14)
    equal(reply["found"], True)
    contains(reply["data"]["text/plain"], "max(")
    equal(kernel.ask(kernel.client.inspect, "  ", 1)["found"], False)
    equal(kernel.ask(kernel.client.inspect, "unknownName", 4)["found"], False)


@check
def messages_with_a_wrong_signature_are_dropped(kernel):
    forger = Session(key=b"not the key")
    message = forger.msg("execute_request", {"code": "globalThis.forged = true"})
    forger.send(kernel.client.shell_channel.socket, message)
    equal(kernel.run("'forged' in globalThis").value, "false")


@check
def a_hundred_thousand_lines_lose_nothing_and_stay_under_the_rate_limit(kernel):
    result = kernel.run("for (let i = 0; i < 100_000; i++) console.log(i)")
    equal(result.text(), "".join(f"{i}\n" for i in range(100_000)))
    sent = [m["header"]["date"].timestamp() for m in result.published]
    most = max(sum(start <= at < start + 3 for at in sent) for start in sent)
    assert most <= 3000, f"{most} messages in 3 s, by the kernel's own clock"


@check
def output_can_be_cleared_at_once_or_with_what_comes_next(kernel):
    result = kernel.run("console.log('old'); clearOutput({ wait: true }); console.log('new'); clearOutput()")
    order = [m["msg_type"] for m in result.published if m["msg_type"] in ("stream", "clear_output")]
    equal(order, ["stream", "clear_output", "stream", "clear_output"])
    equal(result.of("clear_output"), [{"wait": True}, {"wait": False}])


@check
def history_answers_range_tail_and_search(kernel):
    first = kernel.run("const historic = 1").reply["content"]["execution_count"]
    kernel.run("historic + 41")

    def history(**options):
        return kernel.ask(kernel.client.history, raw=True, **options)["history"]

    (session, line, code), *_ = history(hist_access_type="tail", n=2)
    equal((line, code), (first, "const historic = 1"))
    shown = history(hist_access_type="range", session=0, start=first, stop=first + 2, output=True)
    equal([entry[1:] for entry in shown], [[first, ["const historic = 1", None]], [first + 1, ["historic + 41", "42"]]])
    equal(history(hist_access_type="search", pattern="*historic +*"), [[session, first + 1, "historic + 41"]])


@check
def every_request_is_busy_first_and_idle_last(kernel):
    requests = [
        kernel.client.execute("1"),
        kernel.client.complete("Mat"),
        kernel.client.inspect("Math", 2),
        kernel.client.is_complete("1"),
        kernel.client.history(hist_access_type="tail", n=1),
        kernel.client.comm_info(),
        kernel.client.kernel_info(),
        kernel.send_comm("comm_msg", uuid.uuid4().hex),
    ]
    states = {request: [] for request in requests}
    while any("idle" not in seen for seen in states.values()):
        message = kernel.client.get_iopub_msg(timeout=HANG_S)
        parent = message["parent_header"].get("msg_id")
        if parent in states:
            states[parent].append(message["content"].get("execution_state", message["msg_type"]))
    for seen in states.values():
        equal((seen[0], seen[-1], seen.count("busy"), seen.count("idle")), ("busy", "idle", 1, 1))


@check
def subshells_are_made_listed_and_deleted(kernel):
    info = kernel.ask(kernel.client.kernel_info)
    assert "kernel subshells" in info["supported_features"], info["supported_features"]
    first, second = (kernel.control("create_subshell_request")["content"]["subshell_id"] for _ in range(2))
    equal(kernel.control("list_subshell_request")["content"], {"status": "ok", "subshell_id": [first, second]})
    for subshell_id in (first, second):
        reply = kernel.control("delete_subshell_request", {"subshell_id": subshell_id})
        equal(reply["content"], {"status": "ok"})
    equal(kernel.control("delete_subshell_request", {"subshell_id": first})["content"]["status"], "error")
    equal(kernel.control("list_subshell_request")["content"]["subshell_id"], [])
    refused = kernel.finish(kernel.send_in_subshell(first, "execute_request", {"code": "globalThis.ghost = 1"}))
    equal((refused.status, refused.reply["msg_type"]), ("error", "execute_reply"))
    equal(kernel.run("'ghost' in globalThis").value, "false")


@check
def cells_of_a_subshell_run_while_a_cell_of_the_main_shell_awaits(kernel):
    subshell_id = kernel.control("create_subshell_request")["content"]["subshell_id"]
    kernel.run("let release: () => void; const held = new Promise<void>((resolve) => (release = resolve));")
    before = kernel.run("0").reply["content"]["execution_count"]
    main = kernel.client.execute("console.log('main waits'); await held; console.log('main went on'); 'main'")
    kernel.elsewhere.clear()
    first = kernel.send_in_subshell(subshell_id, "execute_request", {"code": "throw new Error('beside')"})
    second = kernel.send_in_subshell(subshell_id, "execute_request", {"code": "2"})
    equal([kernel.finish(i).status for i in (first, second)], ["error", "aborted"])
    completed = kernel.send_in_subshell(subshell_id, "complete_request", {"code": "Math.hyp", "cursor_pos": 8})
    equal(kernel.finish(completed).reply["content"]["matches"], ["hypot"])
    code = "console.log('beside'); await null; release(); console.log('released'); 'side'"
    side = kernel.finish(kernel.send_in_subshell(subshell_id, "execute_request", {"code": code}))
    equal((side.text(), side.value), ("beside\nreleased\n", "'side'"))
    equal(side.reply["content"]["execution_count"], before + 3)
    equal(side.reply["parent_header"]["subshell_id"], subshell_id)
    equal(kernel.reply_to(main)["content"]["execution_count"], before + 1)
    elsewhere = [m for m in kernel.elsewhere if m["parent_header"].get("msg_id") == main]
    rest = kernel.published_until_idle(main) if not any_idle(elsewhere) else []
    text = "".join(m["content"]["text"] for m in elsewhere + rest if m["msg_type"] == "stream")
    equal(text, "main waits\nmain went on\n")
    code = "HERE; await new Promise(() => {})"
    waiting, _ = kernel.start(code, lambda code: kernel.send_in_subshell(subshell_id, "execute_request", {"code": code}))
    kernel.control("interrupt_request")
    equal(kernel.finish(waiting).reply["content"]["ename"], "KeyboardInterrupt")
    kernel.control("delete_subshell_request", {"subshell_id": subshell_id})


@check
def connect_tells_the_ports(kernel):
    message = kernel.client.session.msg("connect_request", {})
    kernel.client.shell_channel.send(message)
    ports = kernel.reply_to(message["header"]["msg_id"])["content"]
    info = kernel.client.get_connection_info()
    for name in ("shell", "iopub", "stdin", "control", "hb"):
        equal(ports[f"{name}_port"], info[f"{name}_port"])
    kernel.published_until_idle(message["header"]["msg_id"])


@check
def names_and_imports_mean_what_they_mean_in_a_module(kernel):
    kernel.run("let __underscored = 1; declare var require: any; import fs = require('node:fs')")
    equal(kernel.run("__underscored + fs.constants.F_OK").value, "1")
    equal(kernel.run("typeof require").value, "'function'")
    equal(kernel.run("[__filename === import.meta.filename, __dirname === import.meta.dirname]").value, "[ true, true ]")
    arguments = kernel.run("arguments")
    equal(arguments.reply["content"]["evalue"], "arguments is not defined")
    equal(kernel.run('import { twice as same } from "./local"; same(4)').value, "8")
    equal(kernel.run('import { double } from "@here/aliased"; double(5)').value, "10")
    equal(kernel.run('import page from "./page.md" with { type: "text" }; page').value, "'# Title\\n'")
    missing = kernel.run('import { twcie } from "./local"; twcie')
    contains(missing.text("stderr"), "TS2724")
    contains(missing.reply["content"]["evalue"], "The module './local' does not export 'twcie'")
    contains(kernel.run('import "npm:zod"').reply["content"]["evalue"], 'Run "npm install zod"')
    contains(kernel.run("%%html\n<b>x</b>").reply["content"]["evalue"], "got the magic %%html")
    (shown,) = kernel.run("await Deno.jupyter.md`# hi`").of("execute_result")
    equal(shown["data"], {"text/markdown": "# hi"})
    equal(kernel.run("typeof (globalThis as any).Deno").value, "'undefined'")


@check
def subscribers_are_welcomed(kernel):
    info = kernel.client.get_connection_info()
    session = Session(key=kernel.client.session.key)
    context = zmq.Context.instance()
    with context.socket(zmq.SUB) as subscriber:
        subscriber.connect(f"tcp://{info['ip']}:{info['iopub_port']}")
        subscriber.subscribe(b"")
        assert subscriber.poll(HANG_S * 1000), "no welcome"
        _, frames = session.feed_identities(subscriber.recv_multipart())
        welcome = session.deserialize(frames)
    equal((welcome["msg_type"], welcome["content"], welcome["parent_header"]), ("iopub_welcome", {"subscription": ""}, {}))


@check
def a_restart_is_echoed_to_everyone(kernel):
    message = kernel.client.session.msg("shutdown_request", {"restart": True})
    process = kernel.manager.provisioner.process
    kernel.client.control_channel.send(message)
    reply = kernel.client.get_control_msg(timeout=HANG_S)
    equal((reply["msg_type"], reply["content"]), ("shutdown_reply", {"status": "ok", "restart": True}))
    echo = [m for m in kernel.published_until_idle(message["header"]["msg_id"]) if m["msg_type"] == "shutdown_reply"]
    equal([m["content"] for m in echo], [{"status": "ok", "restart": True}])
    process.wait(timeout=HANG_S)
    kernel.manager.restart_kernel(now=True)
    kernel.client.wait_for_ready(timeout=HANG_S)


@check
def restart_clears_the_state(kernel):
    kernel.run("let kept = 1")
    kernel.manager.restart_kernel(now=False)
    kernel.client.wait_for_ready(timeout=HANG_S)
    equal(kernel.run("typeof kept").value, "'undefined'")
    equal(kernel.run("1 + 1").value, "2")


@check
def shutdown_leaves_no_process(kernel):
    process = kernel.manager.provisioner.process
    kernel.client.shutdown(restart=False)
    reply = kernel.client.get_control_msg(timeout=HANG_S)
    equal(reply["content"], {"status": "ok", "restart": False})
    equal(process.wait(timeout=HANG_S), 0)


def main():
    kernel = Kernel()
    try:
        run_checks(CHECKS, kernel)
    finally:
        kernel.client.stop_channels()
        if kernel.manager.is_alive():
            kernel.manager.shutdown_kernel(now=True)


if __name__ == "__main__":
    main()
