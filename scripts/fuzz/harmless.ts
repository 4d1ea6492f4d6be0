type Content = Readonly<Record<string, unknown>>;

const debug = (command: string, args: Content = {}): readonly [string, Content] => [
  "debug_request",
  { type: "request", seq: 1, command, arguments: args },
];

/**
 * Requests that whoever may talk to a kernel can send in any form, however wrong, without harm: message type and content.
 * Interrupts are not among them: a SIGINT in the microseconds in which Node hands it from one owner to the next ends a
 * process.
 */
export const HARMLESS: readonly (readonly [type: string, content: Content])[] = [
  ...Object.entries({
    kernel_info_request: {},
    execute_request: {
      code: "1 + 1",
      silent: true,
      store_history: false,
      user_expressions: { a: "1" },
      allow_stdin: false,
      stop_on_error: true,
    },
    complete_request: { code: "Math.ma", cursor_pos: 7 },
    inspect_request: { code: "Math.max", cursor_pos: 6, detail_level: 1 },
    is_complete_request: { code: "function f() {" },
    history_request: {
      output: false,
      raw: true,
      hist_access_type: "range",
      session: 0,
      start: 0,
      stop: 9,
      n: 3,
      pattern: "*",
      unique: true,
    },
    comm_info_request: { target_name: "jupyter.widget" },
    comm_open: { comm_id: "c", target_name: "jupyter.widget", data: {} },
    comm_msg: { comm_id: "c", data: { method: "update", state: {}, buffer_paths: [] } },
    comm_close: { comm_id: "c", data: {} },
    input_reply: { status: "ok", value: "x" },
    connect_request: {},
    no_such_request: { a: 1 },
  }),
  ["create_subshell_request", {}],
  ["delete_subshell_request", { subshell_id: "s" }],
  ["list_subshell_request", {}],
  debug("initialize", { clientID: "fuzz", linesStartAt1: true, columnsStartAt1: true }),
  debug("attach"),
  debug("configurationDone"),
  debug("debugInfo"),
  debug("dumpCell", { code: "let x = 1;" }),
  debug("setBreakpoints", { source: { path: "/cell.ts" }, breakpoints: [{ line: 1 }], lines: [1] }),
  debug("setExceptionBreakpoints", { filters: [] }),
  debug("source", { source: { path: "/etc/passwd" }, sourceReference: 0 }),
  debug("threads"),
  debug("modules", { startModule: 0, moduleCount: 10 }),
  debug("stackTrace", { threadId: 1 }),
  debug("scopes", { frameId: 1 }),
  debug("variables", { variablesReference: 1 }),
  debug("inspectVariables"),
  debug("richInspectVariables", { variableName: "Math", frameId: 1 }),
  debug("evaluate", { expression: "1 + 1", frameId: 1, context: "repl" }),
  debug("copyToGlobals", { srcVariableName: "Math", dstVariableName: "copied", srcFrameId: 1 }),
  debug("next", { threadId: 1 }),
  debug("continue", { threadId: 1 }),
  debug("disconnect", { restart: false, terminateDebuggee: false }),
];
