import { parentPort, workerData } from "node:worker_threads";
import { DebugAdapter, type DebugRequest } from "../debugger/debugAdapter.ts";
import type { DebugAnswer } from "../debugger/debugTarget.ts";
import { KernelError } from "../errors.ts";
import { readConnectionFile } from "../protocol/connection.ts";
import { connectReply } from "../protocol/connectReply.ts";
import { readMessage, type UnreadMessage } from "../protocol/frames.ts";
import { kernelInfo } from "../protocol/kernelInfo.ts";
import type { Json, Message } from "../protocol/messages.ts";
import type { ToMain, ToWorker, WorkerOptions } from "./bridge.ts";
import { watchParent } from "./parentWatch.ts";
import { limitsOfServer, limitsOfStarter } from "./rateWindow.ts";
import { SharedState } from "./sharedState.ts";
import { watchSigint } from "./signalWatch.ts";
import { KernelSockets } from "./sockets.ts";
import { StreamCoalescer } from "./streamCoalescer.ts";
import { Subshells } from "./subshells.ts";
import { Terminator } from "./terminator.ts";

/**
 * The socket thread. It answers kernel_info, control and heartbeat by itself, so that they work while user code
 * blocks the main thread, and hands everything else over.
 */

const HELD_TEXT =
  "interrupt: the cell is in code that nothing can end before it returns. Wait for it, or restart the kernel.\n";

/** How long the main thread may take to clean up before the process is ended. */
const SHUTDOWN_GRACE_MS = 300;

const port = parentPort;
if (port === null) {
  throw new KernelError(
    "ERR_THREAD",
    "kernel worker: expected a worker thread, got the main one. Run dist/kernel.js instead.",
  );
}
const options = workerData as WorkerOptions;
const connection = readConnectionFile(options.connectionFile);
const shared = new SharedState(options.sharedMemory);
const info = kernelInfo(options);
const toMain = (message: ToMain): void => port.postMessage(message);

const reportDropped = (reason: unknown): void => {
  const text = reason instanceof Error ? reason.message : String(reason);
  process.stderr.write(`vitrine kernel: message dropped: ${text}\n`);
};
const sockets = new KernelSockets(connection.key, reportDropped);
const subshells = new Subshells((id) => toMain({ kind: "deleteSubshell", id }));
let debugParent: Message["header"] | Record<string, never> = {};
/** What waits for the main thread's answer to a question of the debugger. */
const questions = new Map<number, (answer: DebugAnswer) => void>();
let lastQuestion = 0;
const debug = new DebugAdapter({
  ask: (question) =>
    new Promise((resolve) => {
      questions.set(++lastQuestion, resolve);
      toMain({ kind: "debugQuestion", id: lastQuestion, question });
    }),
  onEvent: (event) => publish("debug_event", debugParent, event),
  onAttached: (isAttached) => toMain({ kind: "debugging", isAttached }),
});
/** Debug requests are answered one after the other, but for those that wait for the main thread. */
let debugging: Promise<void> = Promise.resolve();
const output = new StreamCoalescer((message) => sockets.send(message.socket, message), {
  limits: limitsOfStarter(process.env),
});

/** Publishes what this thread has to say, which does not wait for the output of cells. */
function publish(type: string, parent: Message["header"] | Record<string, never>, content: Json) {
  output.sendNow({ socket: "iopub", type, parent, content });
}

/**
 * The main thread reads the JSON: however long that takes, this one goes on to answer heartbeats. The bytes are its own from
 * then on.
 */
function handOver(message: UnreadMessage): void {
  const content = new Uint8Array(message.content);
  port?.postMessage({ kind: "request", message: { ...message, content } } satisfies ToMain, [
    content.buffer,
  ]);
}

function withStatus(message: UnreadMessage, answer: () => void): void {
  publish("status", message.header, { execution_state: "busy" });
  answer();
  publish("status", message.header, { execution_state: "idle" });
}

const terminator = new Terminator({
  shared,
  resume: () => debug.resume(),
  onHeld: () => publish("stream", running, { name: "stderr", text: HELD_TEXT }),
  interruptAgain() {
    shared.raiseInterrupt();
    toMain({ kind: "interrupt", isAgain: true });
  },
});
/** The execute_request that began last, until it ends. */
let running: Message["header"] | Record<string, never> = {};

function interrupt(): void {
  output.cut(); // before the idle of the interrupt itself makes room for more
  shared.raiseInterrupt();
  toMain({ kind: "interrupt", isAgain: false });
  void terminator.start();
}

let deadline: NodeJS.Timeout | undefined;

function shutdown(): void {
  void debug.detach();
  toMain({ kind: "shutdown" });
  deadline ??= setTimeout(() => process.kill(process.pid, "SIGKILL"), SHUTDOWN_GRACE_MS);
}

let isClosed = false;
process.on("exit", () => shared.announceClosed());

function close(): void {
  isClosed = true;
  void debug.detach();
  terminator.close();
  clearTimeout(deadline);
  output.close();
  sockets.close();
  port?.close();
}

function answerDebugInTurn(message: Message, reply: (content: Json) => void): void {
  debugging = debugging.then(() => {
    const answered = answerDebug(message, reply).catch(reportDropped);
    return debug.waitsForMain(message.content) ? undefined : answered;
  });
}

async function answerDebug(message: Message, reply: (content: Json) => void): Promise<void> {
  debugParent = message.header;
  publish("status", message.header, { execution_state: "busy" });
  try {
    reply(await debug.answer(message.content as unknown as DebugRequest));
  } finally {
    publish("status", message.header, { execution_state: "idle" });
  }
}

function onControl(socket: "control" | "shell", message: UnreadMessage): boolean {
  const reply = (content: Json): void => {
    const type = message.header.msg_type.replace(/_request$/, "_reply");
    sockets.send(socket, { type, ids: message.ids, parent: message.header, content });
  };
  const refusal = subshells.refuse(message.header);
  if (refusal !== null) {
    withStatus(message, () => reply(refusal));
    return true;
  }
  switch (message.header.msg_type) {
    case "kernel_info_request":
      withStatus(message, () => reply(info));
      return true;
    case "connect_request":
      withStatus(message, () => reply(connectReply(connection)));
      return true;
    case "debug_request":
      answerDebugInTurn(readMessage(message), reply);
      return true;
    case "create_subshell_request":
      withStatus(message, () => reply(subshells.create()));
      return true;
    case "delete_subshell_request":
      withStatus(message, () => reply(subshells.delete(readMessage(message).content.subshell_id)));
      return true;
    case "list_subshell_request":
      withStatus(message, () => reply(subshells.list()));
      return true;
    case "interrupt_request":
      withStatus(message, () => {
        interrupt();
        reply({ status: "ok" });
      });
      return true;
    case "shutdown_request":
      withStatus(message, () => {
        const { restart } = readMessage(message).content;
        const content = { status: "ok", restart: restart === true };
        reply(content);
        publish("shutdown_reply", message.header, content);
      });
      shutdown();
      return true;
    default:
      return false;
  }
}

function onMainMessage(message: ToWorker): void {
  if (message.kind === "stream") output.write(message.chunk);
  else if (message.kind === "status") {
    const content = { execution_state: message.state };
    const { parent, state } = message;
    if (parent.msg_type === "execute_request") running = state === "busy" ? parent : {};
    output.send({ socket: "iopub", type: "status", parent, content });
  } else if (message.kind === "signal") interrupt();
  else if (message.kind === "interrupted") output.cut();
  else if (message.kind === "script") {
    const { script } = message;
    void debug
      .addScript(script)
      .catch(reportDropped)
      .then(() => toMain({ kind: "scriptReady", url: script.url }));
  } else if (message.kind === "debugAnswer") {
    questions.get(message.id)?.(message.answer);
    questions.delete(message.id);
  } else if (message.kind === "close") close();
  else output.send(message.message);
}

port.on("message", (message: ToWorker) => {
  // What a cell that was still running sends after the end has nowhere to go.
  if (isClosed) return;
  try {
    onMainMessage(message);
  } catch (error) {
    reportDropped(error); // what comes after it still leaves
  }
});

await sockets.bind(connection);
publish("status", {}, { execution_state: "starting" });
void sockets.receive("control", (message) => {
  // So a jupyter_server connects, and nobody else: it drops what comes faster than it allows.
  if (message.header.msg_type === "kernel_info_request")
    output.limitTo(limitsOfServer(process.env));
  if (!onControl("control", message)) handOver(message);
});
void sockets.receive("shell", (message) => {
  if (!onControl("shell", message)) handOver(message);
});
void sockets.receive("stdin", (message) => {
  if (message.header.msg_type !== "input_reply") return;
  shared.answerLine(String(readMessage(message).content.value ?? ""));
});
watchParent(shutdown);
watchSigint(interrupt);
