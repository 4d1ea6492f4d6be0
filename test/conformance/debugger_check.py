"""Drives the kernel's debugger as JupyterLab's panel does and reports each check as a line of JSON on stdout.

Usage: debugger_check.py FOLDER ANYWIDGET, as jupyter_client_check.py, whose client this is.
"""

import json
import os

from jupyter_client_check import FOLDER, HANG_S, Kernel, contains, equal, run_checks, wait_for_file

CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


class DebuggedKernel(Kernel):
    def __init__(self):
        super().__init__()
        self.seq = 0
        self.events = []

    def debug(self, command, **arguments):
        """The body of the response, which must be a success."""
        response = self.response(command, **arguments)
        assert response["success"], response
        return response.get("body")

    def response(self, command, **arguments):
        self.seq += 1
        request = {"type": "request", "seq": self.seq, "command": command, "arguments": arguments}
        reply = self.control("debug_request", request)
        equal((reply["msg_type"], reply["content"]["command"]), ("debug_reply", command))
        equal((reply["content"]["type"], reply["content"]["request_seq"]), ("response", self.seq))
        return reply["content"]

    def event(self, name):
        """The next debug_event of that name; what else is published goes to `elsewhere`."""
        while True:
            message = self.client.get_iopub_msg(timeout=HANG_S)
            if message["msg_type"] == "debug_event" and message["content"]["event"] == name:
                return message["content"]["body"]
            self.elsewhere.append(message)

    def start_debugger(self):
        self.debug("initialize", clientID="test", linesStartAt1=True, columnsStartAt1=True)
        self.debug("attach")
        self.event("initialized")
        self.debug("configurationDone")

    def set_breakpoints(self, code, *asked):
        """Each is a line, or a row of setBreakpoints."""
        path = self.debug("dumpCell", code=code)["sourcePath"]
        rows = [row if isinstance(row, dict) else {"line": row} for row in asked]
        body = self.debug("setBreakpoints", source={"path": path}, breakpoints=rows)
        return path, body["breakpoints"]

    def run_to_end(self, message_id):
        """The values of `i` at each stop of a cell, its reply, and what debug_events of the kind output told."""
        stops, outputs = [], []
        while True:
            message = self.client.get_iopub_msg(timeout=HANG_S)
            if message["parent_header"].get("msg_id") == message_id:
                if message["content"].get("execution_state") == "idle":
                    return stops, self.reply_to(message_id)["content"], outputs
            if message["msg_type"] != "debug_event":
                continue
            event, body = message["content"]["event"], message["content"]["body"]
            if event == "output":
                outputs.append((body["output"], body["line"]))
            elif event == "stopped":
                stops.append((int(self.scope("Locals")["i"]["value"]), body["reason"], body.get("text")))
                self.debug("continue", threadId=1)

    def frames(self):
        return [(f["name"], f["source"]["path"], f["line"]) for f in self.debug("stackTrace", threadId=1)["stackFrames"]]

    def frame_id(self, depth=0):
        return self.debug("stackTrace", threadId=1)["stackFrames"][depth]["id"]

    def scope(self, name, depth=0):
        scopes = {s["name"]: s for s in self.debug("scopes", frameId=self.frame_id(depth))["scopes"]}
        rows = self.debug("variables", variablesReference=scopes[name]["variablesReference"])["variables"]
        return {row["name"]: row for row in rows}

    def finish_elsewhere(self, message_id):
        """The reply, and the text that was published under a request, before or after this call."""
        reply = self.reply_to(message_id)
        while True:
            mine = [m for m in self.elsewhere if m["parent_header"].get("msg_id") == message_id]
            if any(m["content"].get("execution_state") == "idle" for m in mine):
                text = "".join(m["content"]["text"] for m in mine if m["msg_type"] == "stream")
                return reply["content"], text
            self.elsewhere.append(self.client.get_iopub_msg(timeout=HANG_S))


def murmur2(data, seed):
    """What JupyterLab and ipykernel compute."""
    m = 0x5BD1E995
    h = seed ^ len(data)
    whole = len(data) & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & 0xFFFFFFFF
        k = (k ^ (k >> 24)) * m & 0xFFFFFFFF
        h = (h * m & 0xFFFFFFFF) ^ k
    if whole < len(data):
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & 0xFFFFFFFF
    h = (h ^ (h >> 13)) * m & 0xFFFFFFFF
    return h ^ (h >> 15)


@check
def an_expression_waits_for_a_kernel_that_still_loads_its_compiler(kernel):
    kernel.debug("initialize")
    for n in range(20):
        equal(kernel.debug("evaluate", expression=f"{n} as number")["result"], str(n))
    kernel.debug("disconnect", restart=False, terminateDebuggee=False)
    equal(kernel.run("1 + 1").value, "2")


@check
def the_debugger_is_announced(kernel):
    info = kernel.ask(kernel.client.kernel_info)
    equal(info["debugger"], True)
    assert "debugger" in info["supported_features"], info["supported_features"]
    equal(kernel.manager.kernel_spec.metadata["debugger"], True)


@check
def cells_have_files_that_a_front_end_can_name_by_itself(kernel):
    info = kernel.debug("debugInfo")
    equal((info["isStarted"], info["breakpoints"], info["stoppedThreads"]), (False, [], []))
    equal(info["hashMethod"], "Murmur2")
    for code in ("", "a", "let x = 1;\nx + 1", "'grüße 😀'"):
        path = kernel.debug("dumpCell", code=code)["sourcePath"]
        equal(path, f"{info['tmpFilePrefix']}{murmur2(code.encode(), info['hashSeed'])}{info['tmpFileSuffix']}")
        equal(kernel.debug("source", source={"path": path}, sourceReference=0)["content"], code)
    equal(kernel.response("source", source={"path": "/etc/passwd"})["success"], False)
    equal(kernel.response("stackTrace", threadId=1)["success"], False)
    equal(kernel.response("noSuchCommand")["success"], False)


BREAKPOINT_CELL = """type Unused = { a: number };

function area(width: number, height: number): number {
  const product = width * height;
  return product * factor;
}
const sizes = [1, 2, 3];
let total = 0;
for (const size of sizes) {
  total += area(size, 2);
}
console.log("total", total);
total"""


@check
def a_breakpoint_stops_a_cell_shows_its_variables_and_steps_through_it(kernel):
    kernel.run("let factor = 10; const notebookName = { nested: [1, 2] };")
    kernel.start_debugger()
    equal(kernel.debug("threads")["threads"], [{"id": 1, "name": "main"}])
    path, (set_there,) = kernel.set_breakpoints(BREAKPOINT_CELL, 4)
    equal((set_there["verified"], set_there["line"]), (True, 4))
    equal(kernel.debug("debugInfo")["breakpoints"], [{"source": path, "breakpoints": [{"line": 4}]}])
    running = kernel.client.execute(BREAKPOINT_CELL)
    stopped = kernel.event("stopped")
    equal((stopped["reason"], stopped["threadId"], stopped["allThreadsStopped"]), ("breakpoint", 1, True))
    equal(kernel.debug("debugInfo")["stoppedThreads"], [1])
    (inner, place, line), (_, outer_place, outer_line) = kernel.frames()
    equal((inner, place, line, outer_place, outer_line), ("area", path, 4, path, 10))
    before = kernel.frame_id()
    variables = kernel.scope("Locals")
    equal((variables["width"]["value"], variables["height"]["value"]), ("1", "2"))
    equal(variables["product"]["value"], "undefined")
    everything = kernel.scope("Globals")
    equal(everything["factor"]["value"], "10")
    nested = kernel.debug("variables", variablesReference=everything["notebookName"]["variablesReference"])
    equal([(row["name"], row["value"]) for row in nested["variables"]], [("nested", "Array(2) [1, 2]")])
    equal(kernel.scope("Locals", depth=1)["size"]["value"], "1")
    assert not [name for name in [*variables, *everything] if name.startswith("__vitrine")]

    kernel.debug("next", threadId=1)
    equal(kernel.event("stopped")["reason"], "step")
    equal(kernel.frames()[0][2], 5)
    equal(kernel.scope("Locals")["product"]["value"], "2")
    equal(kernel.response("scopes", frameId=before)["success"], False)
    evaluated = kernel.debug("evaluate", expression="product * factor as number", frameId=kernel.frame_id())
    equal(evaluated["result"], "20")
    kernel.debug("evaluate", expression="factor = 100", frameId=kernel.frame_id())
    equal(kernel.response("evaluate", expression="nowhere", frameId=kernel.frame_id())["message"].split(":")[0], "ReferenceError")
    equal(kernel.response("evaluate", expression="1 +", frameId=kernel.frame_id())["success"], False)
    rich = kernel.debug("richInspectVariables", variableName="sizes", frameId=kernel.frame_id())
    equal(rich["data"]["text/plain"], "[ 1, 2, 3 ]")

    kernel.debug("stepOut", threadId=1)
    kernel.event("stopped")
    equal(kernel.frames()[0][2], 9)
    kernel.debug("continue", threadId=1)
    kernel.event("stopped")
    equal(kernel.scope("Locals")["width"]["value"], "2")
    kernel.debug("copyToGlobals", srcVariableName="width", dstVariableName="copied", srcFrameId=kernel.frame_id())
    kernel.debug("setBreakpoints", source={"path": path}, breakpoints=[])
    kernel.elsewhere.clear()
    kernel.debug("continue", threadId=1)
    reply, text = kernel.finish_elsewhere(running)
    equal((reply["status"], text), ("ok", "total 1200\n"))
    equal(kernel.run("copied").value, "2")


@check
def steps_go_into_functions_over_awaits_and_out_of_the_cell(kernel):
    code = "const twice = (n: number) => {\n  return n * 2;\n};\nconst four = twice(2);\nconst five = await Promise.resolve(5);\nfour + five"
    kernel.set_breakpoints(code, 4)
    running = kernel.client.execute(code)
    lines = []
    for step in ("stepIn", "stepOut", "next"):
        kernel.event("stopped")
        lines.append(kernel.frames()[0][2])
        kernel.debug(step, threadId=1)
    kernel.event("stopped")
    lines.append(kernel.frames()[0][2])
    equal(lines, [4, 2, 5, 6])
    kernel.elsewhere.clear()
    kernel.debug("next", threadId=1)
    equal(kernel.finish_elsewhere(running)[0]["status"], "ok")
    kernel.set_breakpoints(code)
    equal(kernel.run("four + five").value, "9")


@check
def a_step_past_the_end_of_a_cell_does_not_stop_the_next_one(kernel):
    code = "let last = 1;\nlast = 2;"
    kernel.set_breakpoints(code, 2)
    running = kernel.client.execute(code)
    kernel.event("stopped")
    kernel.elsewhere.clear()
    kernel.debug("next", threadId=1)
    equal(kernel.finish_elsewhere(running)[0]["status"], "ok")
    kernel.set_breakpoints(code)
    equal(kernel.run("let other = 3;\nother += last;\nother").value, "5")


@check
def a_function_of_an_earlier_cell_stops_too_and_debugger_statements_do(kernel):
    code = "function later(n: number) {\n  // moved on\n  return n + 1;\n}"
    kernel.run(code)
    path, (moved,) = kernel.set_breakpoints(code, 2)
    equal((moved["verified"], moved["line"]), (True, 3))
    running = kernel.client.execute("later(1)")
    kernel.event("stopped")
    equal([(name, line) for name, _, line in kernel.frames()][0], ("later", 3))
    kernel.debug("continue", threadId=1)
    equal(kernel.finish_elsewhere(running)[0]["status"], "ok")
    kernel.set_breakpoints(code)
    running = kernel.client.execute("let seen = 1;\ndebugger;\nseen = 2;")
    kernel.event("stopped")
    equal(kernel.frames()[0][2], 2)
    kernel.debug("continue", threadId=1)
    equal(kernel.finish_elsewhere(running)[0]["status"], "ok")


LOOP = "let {name} = 0;\nfor (let i = 0; i < 12; i++) {{\n  {name} += i;\n}}\n{name}"


@check
def a_breakpoint_stops_where_its_condition_holds_at_the_hits_it_names_or_logs(kernel):
    can = kernel.debug("initialize")
    for name in ("supportsConditionalBreakpoints", "supportsHitConditionalBreakpoints", "supportsLogPoints"):
        equal(can[name], True)
    kernel.run("let limit = 8; let i = 'of the notebook'; const seen: number[] = []")

    def stops(**row):
        stops.count += 1
        code = LOOP.format(name=f"total{stops.count}")
        _, (told,) = kernel.set_breakpoints(code, {"line": 3, **row})
        equal((told["verified"], told.get("message")), (True, None))
        result = kernel.run_to_end(kernel.client.execute(code))
        kernel.set_breakpoints(code)
        return result

    stops.count = 0
    at = lambda *values: [(value, "breakpoint", None) for value in values]
    equal(stops(condition="i === (7 as number)")[0], at(7))
    equal(stops(condition="i > limit && total2 > 40")[0], at(10, 11))
    equal(stops(condition="")[0], at(*range(12)))
    equal(stops(hitCondition="5")[0], at(4))
    equal(stops(hitCondition="% 4")[0], at(3, 7, 11))
    equal(stops(condition="i % 2 === 1", hitCondition=">= 5")[0], at(9, 11))
    equal(stops(condition="seen.push(i) > 0 && i > 9")[0], at(10, 11))
    equal(kernel.run("seen.join()").value, "'0,1,2,3,4,5,6,7,8,9,10,11'")

    none, reply, outputs = stops(logMessage="i is {i}, {({ a: `t${limit}` }).a}; {nowhere} {", condition="i >= 10")
    equal((none, reply["status"]), ([], "ok"))
    told = "t8; {nowhere: ReferenceError: nowhere is not defined} {\n"
    equal(outputs, [(f"i is 10, {told}", 3), (f"i is 11, {told}", 3)])

    code = LOOP.format(name="never")
    path, (wrong,) = kernel.set_breakpoints(code, {"line": 3, "hitCondition": "often"})
    equal(wrong["verified"], False)
    contains(wrong["message"], 'got "often"')
    equal(kernel.debug("debugInfo")["breakpoints"], [{"source": path, "breakpoints": [{"line": 3, "hitCondition": "often"}]}])
    equal(kernel.run_to_end(kernel.client.execute(code))[0], [])
    kernel.set_breakpoints(code)


@check
def a_condition_that_fails_stops_and_says_why(kernel):
    for name, condition, text in (
        ("failed1", "i === 3 && absent", "line 3: condition \"i === 3 && absent\": ReferenceError: absent is not defined"),
        ("failed2", "i ===", "line 3: condition \"i ===\": SyntaxError: "),
    ):
        code = LOOP.format(name=name)
        kernel.set_breakpoints(code, {"line": 3, "condition": condition})
        stops, _, _ = kernel.run_to_end(kernel.client.execute(code))
        kernel.set_breakpoints(code)
        equal(stops[0][:2], (3 if name == "failed1" else 0, "breakpoint"))
        contains(stops[0][2], text)


@check
def a_step_goes_over_a_breakpoint_that_does_not_stop(kernel):
    code = "function inner(n: number) {\n  return n + 1;\n}\nlet stepped = inner(1);\nstepped = inner(stepped);\nstepped"
    kernel.set_breakpoints(code, {"line": 2, "condition": "n > 100"}, 4)
    running = kernel.client.execute(code)
    lines = []
    for _ in range(3):
        kernel.event("stopped")
        lines.append(kernel.frames()[0][2])
        kernel.debug("next", threadId=1)
    equal(lines, [4, 5, 6])
    equal(kernel.finish_elsewhere(running)[0]["status"], "ok")
    kernel.set_breakpoints(code)
    kernel.elsewhere.clear()


@check
def raised_exceptions_stop_when_asked(kernel):
    kernel.debug("setExceptionBreakpoints", filters=["raised"])
    running = kernel.client.execute("const fine = 1;\nthrow new RangeError('raised');")
    stopped = kernel.event("stopped")
    equal((stopped["reason"], kernel.frames()[0][2]), ("exception", 2))
    contains(stopped["text"], "RangeError: raised")
    kernel.debug("continue", threadId=1)
    equal(kernel.finish_elsewhere(running)[0]["ename"], "RangeError")
    kernel.debug("setExceptionBreakpoints", filters=[])
    equal(kernel.run("throw 1").status, "error")


@check
def variables_are_inspected_while_nothing_is_stopped(kernel):
    kernel.run("const rows = [{ a: 1 }, { a: 2 }]; const long = new Float32Array(1e6); const table = new Map([['k', 1]]);")
    rows = {row["name"]: row for row in kernel.debug("inspectVariables")["variables"]}
    contains(rows["rows"]["value"], "Array(2)")
    equal(rows["long"]["type"], "Float32Array")
    ranges = kernel.debug("variables", variablesReference=rows["long"]["variablesReference"])["variables"]
    equal((len(ranges), ranges[-1]["name"]), (100, "[990000..999999]"))
    ranges = kernel.debug("variables", variablesReference=ranges[-1]["variablesReference"])["variables"]
    leaves = kernel.debug("variables", variablesReference=ranges[-1]["variablesReference"])["variables"]
    equal((leaves[-1]["name"], leaves[-1]["value"]), ("999999", "0"))
    rich = kernel.debug("richInspectVariables", variableName="rows")
    contains(rich["data"]["text/html"], "<table>")
    equal(kernel.debug("debugInfo")["isStarted"], True)
    kernel.debug("copyToGlobals", srcVariableName="rows", dstVariableName="sameRows")
    equal(kernel.run("sameRows === rows").value, "true")
    contains(kernel.debug("richInspectVariables", variableName="long")["data"]["text/plain"], "float32 (1000000)")
    modules = kernel.debug("modules")
    equal(modules["totalModules"], len(modules["modules"]))


@check
def questions_beside_running_cells_break_neither(kernel):
    kernel.run("let base = 1;")
    for n in range(150):
        running = kernel.client.execute(f"const q{n}: {{ x: number }}[] = [{{ x: {n} }}]; q{n}.map((each) => each.x * 2)")
        equal(kernel.debug("evaluate", expression=f"base + {n}")["result"], str(n + 1))
        contains(kernel.debug("richInspectVariables", variableName="base")["data"]["text/plain"], "1")
        kernel.debug("copyToGlobals", srcVariableName="base", dstVariableName=f"copy{n}")
        assert "base" in [row["name"] for row in kernel.debug("inspectVariables")["variables"]]
        reply, _ = kernel.finish_elsewhere(running)
        equal((n, reply["status"], reply.get("evalue")), (n, "ok", None))
        kernel.elsewhere.clear()
    equal(kernel.run("copy149").value, "1")


@check
def an_expression_is_evaluated_when_the_cell_that_holds_the_thread_lets_go_and_other_requests_before(kernel):
    kernel.run("import { existsSync } from 'node:fs'")
    path = os.path.join(FOLDER, "let-go")
    running, _ = kernel.start(f"HERE; while (!existsSync({json.dumps(path)})); let held = 5;")
    request = {"type": "request", "seq": 1, "command": "evaluate", "arguments": {"expression": "held + 1"}}
    asked = kernel.client.session.msg("debug_request", request)
    kernel.client.control_channel.send(asked)
    equal(kernel.debug("threads")["threads"], [{"id": 1, "name": "main"}])
    open(path, "w").close()  # only now does the cell let go
    reply = kernel.client.get_control_msg(timeout=HANG_S)
    equal(reply["parent_header"]["msg_id"], asked["header"]["msg_id"])
    equal(reply["content"]["body"]["result"], "6")
    kernel.finish_elsewhere(running)


@check
def an_expression_in_a_running_kernel_is_typescript_awaited_and_can_be_interrupted(kernel):
    equal(kernel.debug("evaluate", expression="Promise.resolve(40 as number)")["result"], "40")
    nested = kernel.debug("evaluate", expression="({ a: [1, 2] })")
    children = kernel.debug("variables", variablesReference=nested["variablesReference"])["variables"]
    equal([(row["name"], row["value"]) for row in children], [("a", "Array(2) [1, 2]")])
    for expression, message in (("nowhere", "ReferenceError: nowhere is not defined"), ("1 +", "SyntaxError: ")):
        response = kernel.response("evaluate", expression=expression)
        equal(response["success"], False)
        contains(response["message"], message)
    equal(kernel.response("richInspectVariables", variableName="nowhere")["success"], False)
    equal(kernel.response("copyToGlobals", srcVariableName="nowhere", dstVariableName="x")["success"], False)
    kernel.run("import { writeFileSync } from 'node:fs'")
    path = os.path.join(FOLDER, "runs")
    expression = f"(() => {{ writeFileSync({json.dumps(path)}, ''); for (;;); }})()"
    endless = {"type": "request", "seq": 1, "command": "evaluate", "arguments": {"expression": expression}}
    asked = kernel.client.session.msg("debug_request", endless)
    kernel.client.control_channel.send(asked)
    wait_for_file(path)
    kernel.control("interrupt_request")
    reply = kernel.client.get_control_msg(timeout=HANG_S)
    equal(reply["parent_header"]["msg_id"], asked["header"]["msg_id"])
    contains(reply["content"]["message"], "KeyboardInterrupt")
    equal(kernel.run("40 + 2").value, "42")


@check
def the_compiler_is_not_entered_from_a_pause_inside_of_it(kernel):
    code = "const own = Map.prototype.get;\nlet calls = 0;\nMap.prototype.get = function (key) {\n  calls++;\n  return own.call(this, key);\n};"
    kernel.run(code)
    kernel.set_breakpoints(code, 4)
    running = kernel.client.execute("calls > 0")
    kernel.event("stopped")
    response = kernel.response("evaluate", expression="calls", frameId=kernel.frame_id())
    kernel.set_breakpoints(code)
    kernel.elsewhere.clear()
    kernel.debug("continue", threadId=1)
    equal((response["success"], "one thing at a time" in response["message"]), (False, True))
    equal(kernel.finish_elsewhere(running)[0]["status"], "ok")
    equal(kernel.run("Map.prototype.get = own; 1").value, "1")


@check
def an_interrupt_ends_a_paused_cell_and_keeps_state(kernel):
    for code in ("let paused = 1;\nwhile (true) paused++;", "await null;\nwhile (true) paused++;"):
        kernel.set_breakpoints(code, 2)
        running = kernel.client.execute(code)
        kernel.event("stopped")
        kernel.control("interrupt_request")
        reply, _ = kernel.finish_elsewhere(running)
        equal((reply["status"], reply.get("ename")), ("error", "KeyboardInterrupt"))
        kernel.set_breakpoints(code)
    equal(kernel.debug("debugInfo")["stoppedThreads"], [])
    equal(kernel.run("typeof paused").value, "'number'")


@check
def a_debugger_that_goes_lets_the_cell_run_on(kernel):
    code = "let left = 1;\nleft = 2;\nleft"
    kernel.set_breakpoints(code, 2)
    running = kernel.client.execute(code)
    kernel.event("stopped")
    kernel.debug("disconnect", restart=False, terminateDebuggee=False)
    equal(kernel.finish_elsewhere(running)[0]["status"], "ok")
    info = kernel.debug("debugInfo")
    equal((info["isStarted"], info["breakpoints"]), (False, []))
    assert "left" in [row["name"] for row in kernel.debug("inspectVariables")["variables"]]
    equal(kernel.debug("debugInfo")["isStarted"], False)
    equal(kernel.run(code).value, "2")


@check
def variables_are_listed_without_a_debugger_and_without_running_code_of_theirs(kernel):
    kernel.debug("disconnect")
    kernel.run("""
let asked = 0;
class Watched { kept = [1, 2]; get computed() { return ++asked; } static get [Symbol.species]() { asked++; return Array; } }
const watched = new Watched();
const eager = { get price() { return ++asked; }, name: "x" };
const veiled = new Proxy({}, { get() { asked++; }, ownKeys() { asked++; return []; }, getPrototypeOf() { asked++; return null; } });
const counts = new Map([["a", 1], ["b", 2]]);
const grid = { data: new Float32Array(12 * 192), shape: [12, 192], dims: ["T", "M"] };
const text = "a\\nb";
function area(width: number) { return width; }
""")
    reply = kernel.debug("inspectVariables", summary=True)["variables"]
    names = [row["name"] for row in reply]
    equal(names, sorted(names))
    rows = {row["name"]: (row["type"], row["size"], row["value"]) for row in reply}
    equal(rows["asked"], ("number", "", "0"))
    equal(rows["watched"], ("Watched", "", "Watched { kept: […] }"))
    equal(rows["eager"], ("Object", "2 keys", '{ price: (getter), name: "x" }'))
    equal(rows["veiled"], ("Proxy", "", "Proxy"))
    equal(rows["counts"], ("Map", "2 entries", 'Map {"a" => 1, "b" => 2}'))
    equal(rows["grid"], ("Object float32", "(12, 192) · 9.22 kB", "[0, 0, 0, 0, 0, 0, 0, 0, …]"))
    equal(rows["text"], ("string", "3 characters", '"a\\nb"'))
    equal(rows["area"][:2], ("function", ""))
    equal(kernel.run("asked").value, "0")
    equal(kernel.debug("debugInfo")["isStarted"], False)


@check
def a_paused_kernel_shuts_down(kernel):
    kernel.start_debugger()
    kernel.set_breakpoints("1;\n2;\n3", 2)
    kernel.client.execute("1;\n2;\n3")
    kernel.event("stopped")
    process = kernel.manager.provisioner.process
    kernel.client.shutdown(restart=False)
    equal(process.wait(timeout=HANG_S), 0)


if __name__ == "__main__":
    debugged = DebuggedKernel()
    try:
        run_checks(CHECKS, debugged)
    finally:
        debugged.client.stop_channels()
        if debugged.manager.is_alive():
            debugged.manager.shutdown_kernel(now=True)
