import { basename } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { KernelError } from "../errors.ts";
import { CELL_URL_PREFIX } from "../language/rewriteNames.ts";
import { Breakpoints, type Decision, type SourceBreakpoint } from "./breakpoints.ts";
import { CellFiles } from "./cellFiles.ts";
import { CellScript, type CompiledScript } from "./cellScript.ts";
import { DEBUG_TARGET, type DebugAnswer, type DebugQuestion } from "./debugTarget.ts";
import { describe } from "./describe.ts";
import { describeException, describeFrame, type Frame, scopesOf } from "./frames.ts";
import { InspectorClient, type PausedEvent, type RemoteObject } from "./inspectorClient.ts";
import { Variables } from "./variables.ts";

type Arguments = Record<string, unknown>;
type Body = Record<string, unknown>;
type Command = (args: Arguments) => Promise<Body> | Body;

/** The content of a debug_request: a request of the Debug Adapter Protocol. */
export interface DebugRequest {
  readonly seq: number;
  readonly command: string;
  readonly arguments?: Arguments;
}

interface DebugHooks {
  /** Has the main thread answer from its event loop: not before a cell that holds it lets it go. */
  readonly ask: (question: DebugQuestion) => Promise<DebugAnswer>;
  /** Sends a debug_event. */
  readonly onEvent: (event: Body) => void;
  /** Told when it begins and ends to matter that scripts are announced before they run. */
  readonly onAttached: (isAttached: boolean) => void;
}

/** The one thread that user code has. */
const THREAD_ID = 1;
/** Most steps of V8 that may lie in one line of a cell before a step ends in it. */
const LONGEST_STEP = 1000;
/** What the main thread does from its event loop unless it is paused. */
const FOR_MAIN: ReadonlySet<unknown> = new Set([
  "evaluate",
  "richInspectVariables",
  "copyToGlobals",
]);
/** Steps stop in cells alone: not in modules, in Node or in the kernel. */
const SKIPPED_SCRIPTS = `^(?!${CELL_URL_PREFIX})`;

const STEP_METHODS = {
  next: "Debugger.stepOver",
  stepIn: "Debugger.stepInto",
  stepOut: "Debugger.stepOut",
} as const;

/** A step under way, and where it began. */
interface Step {
  readonly method: string;
  readonly url: string;
  readonly line: number;
  readonly depth: number;
  count: number;
  /** Whether a breakpoint that did not stop was met deeper, from where the step has to come back. */
  isReturning: boolean;
}

interface Evaluation {
  readonly result: RemoteObject;
  readonly exceptionDetails?: { readonly exception?: RemoteObject; readonly text: string };
}

/**
 * Debug Adapter Protocol over V8's inspector, as Jupyter front ends speak it. Lives in the socket thread, so that it
 * answers while the main thread is paused.
 */
export class DebugAdapter {
  readonly #hooks: DebugHooks;
  readonly #files = new CellFiles();
  readonly #scripts = new Map<string, CellScript>();
  /** URLs by the inspector's script ids; a paused frame may come without. */
  readonly #urls = new Map<string, string>();
  #session: { inspector: InspectorClient; breakpoints: Breakpoints; variables: Variables } | null =
    null;
  /** Whether a front end began to debug; variables can be inspected without that. */
  #isInitialized = false;
  /** Frames of the cells on the stack, innermost first; null while the main thread runs. */
  #frames: readonly Frame[] | null = null;
  #lastFrameId = 0;
  #step: Step | null = null;
  #seq = 0;

  constructor(hooks: DebugHooks) {
    this.#hooks = hooks;
  }

  /** Hears of every cell that was compiled; resolves when its breakpoints are set. */
  async addScript(compiled: CompiledScript): Promise<void> {
    const script = new CellScript(compiled, this.#files.add(compiled.source));
    this.#scripts.set(script.url, script);
    await this.#session?.breakpoints.apply(script);
  }

  get isPaused(): boolean {
    return this.#frames !== null;
  }

  /** Whether the answer may take as long as a cell holds the main thread. */
  waitsForMain({ command, arguments: args = {} }: Partial<DebugRequest>): boolean {
    if (command === "inspectVariables") return this.#isSummary(args);
    return !this.isPaused && FOR_MAIN.has(command);
  }

  /**
   * Whether variables are asked for as rows alone, which nothing can be opened from (`summary: true`, ours): these need no
   * debugger, which would hear of every script from then on.
   */
  #isSummary({ summary }: Arguments): boolean {
    return summary === true && !this.isPaused;
  }

  /** Answers a debug_request with the content of its debug_reply. */
  async answer({ seq, command, arguments: args = {} }: DebugRequest): Promise<Body> {
    const response = { type: "response", seq: ++this.#seq, request_seq: seq, command };
    try {
      const run = Object.hasOwn(this.#commands, command) ? this.#commands[command] : undefined;
      if (run === undefined) {
        throw new KernelError(
          "ERR_DEBUGGER",
          `debugger: expected one of ${Object.keys(this.#commands).join(", ")}, got ${command}. Send one of these.`,
        );
      }
      return { ...response, success: true, body: await run(args) };
    } catch (error) {
      return { ...response, success: false, message: (error as Error).message, body: {} };
    }
  }

  /** Lets the main thread run on, for an interrupt or the end. */
  async resume(): Promise<void> {
    if (this.#frames === null) return;
    this.#step = null;
    await this.#go("Debugger.resume");
  }

  /** Ends debugging: no breakpoint stops anything any more. */
  async detach(): Promise<void> {
    const session = this.#session;
    if (session === null) return;
    this.#session = null;
    this.#isInitialized = false;
    this.#hooks.onAttached(false);
    this.#step = null;
    this.#frames = null;
    this.#urls.clear();
    await session.inspector.send("Debugger.disable").catch(() => undefined);
    session.inspector.close();
  }

  readonly #commands: Readonly<Record<string, Command>> = {
    debugInfo: () => ({
      ...this.#files.naming,
      isStarted: this.#isInitialized,
      breakpoints: this.#session?.breakpoints.list ?? [],
      stoppedThreads: this.isPaused ? [THREAD_ID] : [],
      richRendering: true,
      exceptionPaths: [],
      copyToGlobals: true,
    }),
    dumpCell: ({ code }) => ({ sourcePath: this.#files.add(String(code)) }),
    initialize: async () => {
      await this.#start();
      this.#isInitialized = true;
      return {
        supportsConfigurationDoneRequest: true,
        supportsConditionalBreakpoints: true,
        supportsHitConditionalBreakpoints: true,
        supportsLogPoints: true,
        supportsModulesRequest: true,
        exceptionBreakpointFilters: [
          { filter: "raised", label: "Raised exceptions", default: false },
        ],
      };
    },
    attach: () => {
      this.#started();
      this.#event("initialized", {});
      return {};
    },
    configurationDone: () => ({}),
    setBreakpoints: async ({ source, breakpoints }) => {
      const { path = "" } = source as { path?: string };
      const asked = ((breakpoints ?? []) as SourceBreakpoint[]).map(withoutEmpty);
      const scripts = [...this.#scripts.values()].filter((script) => script.path === path);
      const lineCount = this.#files.source(path)?.split("\n").length ?? 0;
      const set = await this.#started().breakpoints.replace(path, asked, scripts, lineCount);
      return { breakpoints: set };
    },
    setExceptionBreakpoints: async ({ filters }) => {
      const isAsked = Array.isArray(filters) && filters.includes("raised");
      const state = isAsked ? "all" : "none";
      await this.#started().inspector.send("Debugger.setPauseOnExceptions", { state });
      return {};
    },
    source: async ({ source }) => {
      const { path = "" } = (source ?? {}) as { path?: string };
      const content = this.#files.source(path) ?? (await this.#moduleSource(path));
      return { content, mimeType: "text/typescript" };
    },
    threads: () => ({ threads: [{ id: THREAD_ID, name: "main" }] }),
    stackTrace: () => {
      const stackFrames = this.#paused().map(describeFrame);
      return { stackFrames, totalFrames: stackFrames.length };
    },
    scopes: async ({ frameId }) => {
      const { variables } = this.#started();
      const { callFrame } = this.#frame(frameId);
      const [locals, closure] = scopesOf(callFrame);
      const scope = (name: string, variablesReference: number) => ({
        name,
        variablesReference,
        expensive: false,
      });
      return {
        scopes: [
          scope("Locals", variables.addScope(locals)),
          ...((await variables.names(closure)).length > 0
            ? [scope("Closure", variables.addScope(closure))]
            : []),
          scope("Globals", await variables.addGlobals()),
        ],
      };
    },
    variables: async ({ variablesReference }) => ({
      variables: await this.#started().variables.children(Number(variablesReference)),
    }),
    inspectVariables: async (args) => {
      if (this.#isSummary(args)) return { variables: await this.#ask({ ask: "variables" }) };
      await this.#start();
      const { variables } = this.#started();
      return { variables: await variables.children(await variables.addGlobals()) };
    },
    richInspectVariables: async ({ variableName, frameId }) => {
      await this.#start();
      const name = String(variableName);
      if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) return { data: {}, metadata: {} };
      if (!this.isPaused) {
        return { data: await this.#ask({ ask: "bundle", name }), metadata: {} };
      }
      const value = await this.#translate(name, frameId);
      const shown = await this.#evaluate(`${DEBUG_TARGET}.bundleNow(${value})`, frameId, true);
      return { data: shown.value ?? {}, metadata: {} };
    },
    evaluate: async ({ expression, frameId }) => {
      const code = String(expression);
      const result = this.isPaused
        ? await this.#evaluate(await this.#translate(code, frameId), frameId)
        : await this.#evaluateOnMain(code);
      return {
        result: describe(result),
        type: result.type,
        variablesReference: this.#started().variables.add(result),
      };
    },
    copyToGlobals: async ({ srcVariableName, dstVariableName, srcFrameId }) => {
      const [from, to] = [String(srcVariableName), String(dstVariableName)];
      if (!this.isPaused) {
        this.#started();
        await this.#ask({ ask: "copy", from, to });
        return {};
      }
      const value = await this.#translate(from, srcFrameId);
      const call = `${DEBUG_TARGET}.define(${JSON.stringify(to)}, ${value})`;
      await this.#evaluate(call, srcFrameId);
      return {};
    },
    modules: () => {
      const files = [...this.#urls.values()].filter((url) => url.startsWith("file:"));
      const modules = files.map((url, id) => {
        const path = fileURLToPath(url);
        return { id, name: basename(path), path };
      });
      return { modules, totalModules: modules.length };
    },
    pause: async () => {
      await this.#started().inspector.send("Debugger.pause");
      return {};
    },
    continue: async () => {
      this.#paused();
      await this.resume();
      return { allThreadsContinued: true };
    },
    next: () => this.#stepBy("next"),
    stepIn: () => this.#stepBy("stepIn"),
    stepOut: () => this.#stepBy("stepOut"),
    disconnect: async () => {
      await this.detach();
      return {};
    },
  };

  async #start(): Promise<void> {
    if (this.#session !== null) return;
    const inspector = new InspectorClient((event) => void this.#onPaused(event));
    const breakpoints = new Breakpoints(inspector);
    const variables = new Variables(inspector);
    inspector.onScript(({ url, scriptId }) => {
      if (url.startsWith(CELL_URL_PREFIX) || url.startsWith("file:")) this.#urls.set(scriptId, url);
    });
    this.#session = { inspector, breakpoints, variables };
    await inspector.send("Runtime.enable");
    await inspector.send("Debugger.enable");
    await inspector.send("Debugger.setBlackboxPatterns", { patterns: [SKIPPED_SCRIPTS] });
    this.#hooks.onAttached(true);
  }

  #started() {
    if (this.#session !== null) return this.#session;
    throw new KernelError(
      "ERR_DEBUGGER",
      "debugger: expected a started debugger, got none. Send initialize and attach first.",
    );
  }

  #paused(): readonly Frame[] {
    if (this.#frames !== null) return this.#frames;
    throw new KernelError(
      "ERR_DEBUGGER",
      "debugger: expected a paused kernel, got a running one. Set a breakpoint and run its cell.",
    );
  }

  #frame(id: unknown): Frame {
    const frames = this.#paused();
    const frame = frames.find((candidate) => candidate.id === (id ?? frames[0]?.id));
    if (frame !== undefined) return frame;
    throw new KernelError(
      "ERR_DEBUGGER",
      `debugger: expected a frame of this pause, got ${String(id)}. Ask for stackTrace.`,
    );
  }

  async #onPaused(event: PausedEvent): Promise<void> {
    const session = this.#session;
    if (session === null) return;
    const frames = event.callFrames.flatMap((callFrame): Frame[] => {
      const url = this.#urls.get(callFrame.location.scriptId) ?? "";
      const script = this.#scripts.get(url);
      return script === undefined ? [] : [{ id: ++this.#lastFrameId, callFrame, script }];
    });
    const [top] = frames;
    if (top === undefined || top.callFrame !== event.callFrames[0]) {
      await session.inspector.send("Debugger.resume").catch(() => undefined);
      return;
    }
    const decision = await this.#decide(event, top);
    if (this.#session !== session) return;
    const isHit = decision?.isStop ?? false;
    const step = this.#step;
    if (decision !== null && !isHit) {
      if (step === null) {
        await session.inspector.send("Debugger.resume").catch(() => undefined);
        return;
      }
      step.isReturning = true;
    }
    if (
      step?.isReturning &&
      !isHit &&
      isDeeper(step, frames.length) &&
      step.count++ < LONGEST_STEP
    ) {
      await session.inspector.send("Debugger.stepOut").catch(() => undefined);
      return;
    }
    const line = top.script.written(top.callFrame.location)?.line;
    const isSamePlace =
      step !== null &&
      (line === undefined ||
        (top.script.url === step.url && line === step.line && frames.length === step.depth));
    if (step !== null && !isHit && isSamePlace && step.count++ < LONGEST_STEP) {
      await session.inspector.send(step.method).catch(() => undefined);
      return;
    }
    this.#step = null;
    this.#frames = frames;
    session.variables.clear();
    const isException = event.reason === "exception" || event.reason === "promiseRejection";
    this.#event("stopped", {
      reason: isException ? "exception" : isHit ? "breakpoint" : step ? "step" : "pause",
      threadId: THREAD_ID,
      allThreadsStopped: true,
      ...(isException ? { text: describeException(event) } : {}),
      ...(isHit ? { hitBreakpointIds: decision?.ids ?? [] } : {}),
      ...(decision?.failure ? { text: decision.failure } : {}),
    });
  }

  async #stepBy(command: keyof typeof STEP_METHODS): Promise<Body> {
    const [top, ...rest] = this.#paused();
    const method = STEP_METHODS[command];
    const line = top?.script.written(top.callFrame.location)?.line ?? 0;
    this.#step = {
      method,
      url: top?.script.url ?? "",
      // A step out ends wherever the caller goes on, be it in the same line of the cell.
      line: command === "stepOut" ? -1 : line,
      depth: rest.length + 1,
      count: 0,
      isReturning: false,
    };
    await this.#go(method);
    return {};
  }

  async #go(method: string): Promise<void> {
    const { inspector, variables } = this.#started();
    this.#frames = null;
    variables.clear();
    this.#event("continued", { threadId: THREAD_ID, allThreadsContinued: true });
    await inspector.send(method);
  }

  async #ask(question: DebugQuestion): Promise<unknown> {
    const answer = await this.#hooks.ask(question);
    if ("value" in answer) return answer.value;
    throw new KernelError("ERR_DEBUGGER", answer.error);
  }

  async #evaluateOnMain(expression: string): Promise<RemoteObject> {
    this.#started();
    const number = await this.#ask({ ask: "evaluate", expression });
    const { result } = await this.#started().inspector.send<Evaluation>("Runtime.evaluate", {
      expression: `${DEBUG_TARGET}.take(${number})`,
      generatePreview: true,
    });
    return result;
  }

  /** What becomes of a pause at breakpoints, whose log messages are told; null for a pause at none. */
  async #decide({ hitBreakpoints = [] }: PausedEvent, frame: Frame): Promise<Decision | null> {
    if (hitBreakpoints.length === 0) return null;
    const decision = await this.#started().breakpoints.decide(hitBreakpoints, {
      translate: (expression) => this.#translateIn(frame, expression),
      evaluate: (code) => this.#evaluateIn(frame, code),
    });
    for (const { text, line, path } of decision.logs) {
      const output = `${text}\n`;
      this.#event("output", { category: "console", output, line, source: { path } });
    }
    return decision;
  }

  /** A TypeScript expression as JavaScript for a paused frame. */
  async #translate(expression: string, frameId: unknown): Promise<string> {
    return await this.#translateIn(this.#frame(frameId), expression);
  }

  async #translateIn(frame: Frame, expression: string): Promise<string> {
    const { variables } = this.#started();
    const scopes = scopesOf(frame.callFrame).flat();
    const locals = JSON.stringify(await variables.names(scopes));
    const call = `${DEBUG_TARGET}.translate(${JSON.stringify(expression)}, ${locals})`;
    const { value } = await this.#evaluateIn(frame, call, true);
    return String(value);
  }

  /** Evaluates JavaScript in a paused frame. */
  async #evaluate(
    expression: string,
    frameId: unknown,
    returnByValue = false,
  ): Promise<RemoteObject> {
    return await this.#evaluateIn(this.#frame(frameId), expression, returnByValue);
  }

  async #evaluateIn(
    { callFrame: { callFrameId } }: Frame,
    expression: string,
    returnByValue = false,
  ): Promise<RemoteObject> {
    const { inspector } = this.#started();
    const { result, exceptionDetails } = await inspector.send<Evaluation>(
      "Debugger.evaluateOnCallFrame",
      {
        expression,
        returnByValue,
        generatePreview: true,
        callFrameId,
      },
    );
    if (exceptionDetails === undefined) return result;
    const { exception, text } = exceptionDetails;
    throw new KernelError("ERR_DEBUGGER", exception ? describe(exception) : text);
  }

  async #moduleSource(path: string): Promise<string> {
    const url = pathToFileURL(path).href;
    const [scriptId] = [...this.#urls].find(([, candidate]) => candidate === url) ?? [];
    if (scriptId === undefined) {
      throw new KernelError(
        "ERR_DEBUGGER",
        `debugger: expected the path of a cell or of a loaded module, got ${path}. Dump the cell first.`,
      );
    }
    const { scriptSource } = await this.#started().inspector.send<{ scriptSource: string }>(
      "Debugger.getScriptSource",
      { scriptId },
    );
    return scriptSource;
  }

  #event(event: string, body: Body): void {
    this.#hooks.onEvent({ type: "event", seq: ++this.#seq, event, body });
  }
}

/** Whether a step that came deeper than it was asked to is not back yet. */
function isDeeper({ method, depth }: Step, frameCount: number): boolean {
  if (method === STEP_METHODS.stepIn) return false;
  return method === STEP_METHODS.stepOut ? frameCount >= depth : frameCount > depth;
}

/** Front ends send empty texts for what was not filled in. */
function withoutEmpty(asked: SourceBreakpoint): SourceBreakpoint {
  const { line, condition, hitCondition, logMessage } = asked;
  return {
    line,
    ...(condition?.trim() ? { condition } : {}),
    ...(hitCondition?.trim() ? { hitCondition } : {}),
    ...(logMessage?.trim() ? { logMessage } : {}),
  };
}
