/**
 * Requests that whoever may talk to a kernel can send in any form, however wrong, without harm: content by message type.
 * Interrupts are not among them: a SIGINT in the microseconds in which Node hands it from one owner to the next ends a
 * process.
 */
export const HARMLESS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
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
};
