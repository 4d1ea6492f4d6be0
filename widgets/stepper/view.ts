import type { AfmView, RenderContext } from "../render/afm.ts";
import { askKernel } from "../render/askKernel.ts";
import { button } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { createShell } from "../render/shell.ts";
import { createBreakpointsPanel } from "./breakpointsPanel.ts";
import { placeName, type StepperState } from "./data.ts";
import { createModelMap } from "./modelMap.ts";
import { createMoveBar, type Move } from "./moveBar.ts";
import { createOperatorPanel } from "./operatorPanel.ts";
import { createRovingList } from "./rovingList.ts";
import type { OperatorSource } from "./stepperSource.ts";
import { STYLES } from "./styles.ts";
import { createTokenLine } from "./tokenLine.ts";
import { createValuePanel } from "./valuePanel.ts";

const HELP =
  "Keys: o, l and t go on by an operator, a layer, the tokens; with Shift back; r runs to the next breakpoint, b branches. In the pictures arrows choose, Enter goes there or writes.";
const OVER = "Begin again with model.step, or branch before finishing.";

function render({ model, el }: RenderContext): () => void {
  const read = <K extends keyof StepperState>(key: K): StepperState[K] =>
    model.get(key) as StepperState[K];
  const shell = createShell({
    ...{ el, model },
    picture: "stepper",
    title: "Stepper",
    subtitle: "",
    description: "a forward pass, operator by operator",
    styles: STYLES,
    redraw: () => draw(),
  });
  const { signal } = shell;
  const ask = askKernel({ model, el }, signal);
  const subtitle = shell.root.querySelector(".vt-header p");
  let error = "";
  /** Why there are no numbers. */
  let unread = "";
  /** The operator that is pointed at, as the kernel tells it. */
  let pointed: { readonly index: number; readonly operator: OperatorSource | null } | null = null;

  const act = async (
    kind: string,
    question: Readonly<Record<string, unknown>> = {},
  ): Promise<void> => {
    error = "";
    try {
      await ask(kind, question);
    } catch (reason) {
      if (!signal.aborted) error = (reason as Error).message;
    }
    schedule();
  };
  const move = ({ kind, unit }: Move): void => {
    if (read("snapshot").isOver && kind !== "branch") {
      error = OVER;
      schedule();
    } else void act(kind, { unit });
  };

  const tabs = createRovingList("Steppers", "tablist", (tab) => void act("show", { tab }));
  const close = button(
    "Close this branch",
    "Frees what it holds",
    () => void act("close", { tab: read("shown") }),
  );
  const bar = createMoveBar(shell.root, signal, move);
  const tokens = createTokenLine();
  const status = element("p", { class: "vt-status", role: "status" });
  const map = createModelMap({
    signal,
    onPoint: (index) => void point(index),
    onGo: (index) => void act("goTo", { start: read("snapshot").start, executed: index + 1 }),
  });
  const operator = createOperatorPanel();
  const values = createValuePanel({
    ask,
    signal,
    announce: (text) => shell.announce(text),
    onChange: () => {
      unread = "";
      schedule();
    },
    onError: (message) => {
      unread = message;
      schedule();
    },
  });
  const visits = createRovingList("Places visited", "toolbar", (index) => {
    const visit = read("snapshot").visits[index];
    if (visit !== undefined) void act("goTo", { start: visit.start, executed: visit.executed });
  });
  const breakpoints = createBreakpointsPanel({
    onAdd: async (typed) => {
      try {
        const { content } = await ask("addBreakpoint", typed);
        return typeof content.field === "string"
          ? { field: content.field, problem: String(content.problem) }
          : null;
      } catch (reason) {
        return { field: "site", problem: (reason as Error).message };
      }
    },
    onRemove: (breakpoint) => void act("removeBreakpoint", { breakpoint }),
  });
  const edits = element("ul", { class: "vt-list" });
  const places = element(
    "section",
    { class: "vt-panel", "aria-label": "Places visited and edits" },
    element("h4", {}, "Places visited"),
    visits.element,
    element("h4", {}, "Edits"),
    edits,
  );
  shell.actions.append(values.table.toggle);
  shell.toolbar.append(bar.element, tabs.element, close); // what comes and goes stands behind
  const mapHost = element("div", { class: "vt-map-host" }, map.element);
  shell.body.append(
    tokens.element,
    status,
    element("div", { class: "vt-flow" }, mapHost, operator.element),
    values.element,
    values.table.element,
    element("div", { class: "vt-panels" }, places, breakpoints.element),
    element("p", { class: "vt-note" }, HELP),
  );

  /** Shows an operator that is pointed at, the last one otherwise. */
  async function point(index: number | null): Promise<void> {
    if (index === (pointed?.index ?? null)) return;
    pointed = index === null ? null : { index, operator: null };
    if (index !== null)
      try {
        const { content } = await ask("operator", { index });
        if (pointed?.index === index)
          pointed = { index, operator: content.operator as OperatorSource | null };
      } catch (reason) {
        if (!signal.aborted) error = (reason as Error).message;
      }
    const found = pointed?.operator;
    if (found)
      shell.announce(`${found.kind}${found.layer === null ? "" : `, layer ${found.layer}`}`);
    schedule();
  }

  let scheduled = 0;
  function schedule(): void {
    cancelAnimationFrame(scheduled);
    scheduled = requestAnimationFrame(() => draw());
  }
  signal.addEventListener("abort", () => cancelAnimationFrame(scheduled));

  const changed = (): void => {
    const { stop, last } = read("snapshot");
    values.take({
      operators: read("operators"),
      tokenTexts: read("tokenTexts"),
      snapshot: read("snapshot"),
    });
    shell.announce(stop === "" ? placeName(last) : stop);
    schedule();
  };
  for (const key of ["snapshot", "operators", "tokenTexts", "tabs", "shown"] as const) {
    const listener = key === "snapshot" ? changed : schedule;
    model.on(`change:${key}`, listener as never);
    signal.addEventListener("abort", () => model.off(`change:${key}`, listener as never));
  }

  function draw(): void {
    const snapshot = read("snapshot");
    const operators = read("operators");
    const all = read("tabs");
    const shown = read("shown");
    if (subtitle !== null)
      subtitle.textContent = `${placeName(snapshot.last)} · ${snapshot.executed} of ${snapshot.of} operators`;
    tabs.draw(
      all.map(({ name, isOver }, i) => ({
        label: isOver ? `${name} (over)` : name,
        title: `Show ${name}`,
        isCurrent: i === shown,
      })),
    );
    tabs.element.hidden = all.length < 2;
    close.hidden = all[shown]?.isOwn !== true;
    bar.draw(snapshot.isOver);
    tokens.draw(read("tokenTexts"), snapshot);
    const problem = error || unread;
    const isBoth = snapshot.isOver || problem === "";
    status.textContent = `${isBoth ? snapshot.stop : ""} ${problem}`.trim();
    status.hidden = status.textContent === "";
    status.classList.toggle("vt-warning", problem !== "" || snapshot.isFailure || snapshot.isOver);
    map.draw(operators, snapshot, shell.theme, mapHost.clientWidth);
    const found = pointed?.operator ?? null;
    operator.draw(
      found === null
        ? "Executed last"
        : found.index < snapshot.executed
          ? "Executed"
          : "Not yet executed",
      found ?? snapshot.last,
      snapshot.next,
    );
    values.draw(shell.theme);
    visits.draw(
      snapshot.visits.map(({ start, executed, label }, i) => ({
        label: `${start > 0 ? `token ${start}, ` : ""}${label}`,
        title: `Go back to after ${executed} operators`,
        isCurrent: i === snapshot.visits.length - 1,
      })),
    );
    breakpoints.draw(snapshot.breakpoints, operators, read("tokenTexts"));
    edits.replaceChildren(
      ...(snapshot.edits.length === 0
        ? [element("li", { class: "vt-muted" }, "None.")]
        : snapshot.edits.map((text) => element("li", {}, element("code", {}, text)))),
    );
  }

  changed();
  return () => shell.destroy();
}

export default { render } satisfies AfmView;
