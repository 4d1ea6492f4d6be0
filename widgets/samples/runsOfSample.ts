import type { AskKernel } from "../render/askKernel.ts";
import { button } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { mountNested } from "../render/nested/mountNested.ts";
import type { SamplesState } from "./data.ts";

/** Which of two evaluations. */
type Side = 0 | 1;

interface RunsOfSample {
  readonly element: HTMLElement;
  close(): void;
}

/** Opens the runs of a sample below it: tokens, routes and attention, which share what is pointed at. Where none is kept it says how. */
export function createRunsOfSample(
  row: number,
  { names, runs }: Pick<SamplesState, "names" | "runs">,
  ask: AskKernel,
  closeRun: (run: unknown) => void,
  says: (text: string) => void,
): RunsOfSample {
  const isSaidOnce = runs[0] !== "" && runs[0] === runs[1];
  const shown = ([0, 1] as const).filter((side) => runs[side] !== null && !(side && isSaidOnce));
  const ends: (() => void)[] = [];
  let isClosed = false;

  function sideOf(side: Side): HTMLElement {
    const name = names[1] === "" ? "" : ` of ${names[side]}`;
    const kept = runs[side];
    const note = element("p", { class: "vt-note" }, kept ?? "");
    if (kept !== "") return element("div", {}, note);
    const stage = element("div", {});
    const opener = button(
      `Open the run${name}`,
      `Open the run${name}: tokens, routes and attention`,
      () => void open(),
    );
    async function open(): Promise<void> {
      opener.disabled = true;
      note.textContent = "reading the record…";
      try {
        const end = await mounted(side, stage, (seconds) => {
          note.textContent = `reading the record… ${seconds} s`;
        });
        if (isClosed) return end();
        ends.push(end);
        note.textContent = "";
        opener.remove();
        says(`The run${name} is open`);
      } catch (error) {
        note.textContent = error instanceof Error ? error.message : String(error);
        opener.disabled = false;
      }
    }
    return element("div", {}, opener, note, stage);
  }

  async function mounted(
    side: Side,
    stage: HTMLElement,
    onWork: (seconds: number) => void,
  ): Promise<() => void> {
    let run: unknown;
    try {
      const end = await mountNested(stage, {
        open: async () => {
          const reply = await ask("openRun", { row, side }, onWork);
          run = reply.content.run;
          return reply;
        },
        view: (name) => ask("runView", { run, name }),
        ask: (picture, question) => ask("askRun", { run, picture, question }),
      });
      return () => {
        end();
        closeRun(run);
      };
    } catch (error) {
      if (run !== undefined) closeRun(run);
      throw error;
    }
  }

  return {
    element: element("div", { class: "vt-sample-runs" }, ...shown.map(sideOf)),
    close: () => {
      isClosed = true;
      for (const end of ends) end();
    },
  };
}
