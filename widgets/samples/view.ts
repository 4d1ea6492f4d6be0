import type { AfmView, RenderContext } from "../render/afm.ts";
import { askKernel, tellKernel } from "../render/askKernel.ts";
import { button, dropdown } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { createShell } from "../render/shell.ts";
import { armText, changeText, READING, type SamplesState, SHOW_LABELS, type Show } from "./data.ts";
import { openedSample } from "./openedSample.ts";
import type { SamplePair } from "./pairs.ts";
import { FIRST_QUERY, type SampleRow, type SamplesPage, type SamplesQuery } from "./query.ts";
import { createRowsTable } from "./rowsTable.ts";
import { createRunsOfSample } from "./runsOfSample.ts";
import { STYLES } from "./styles.ts";

/** A search begins when typing has paused. */
const PAUSE_MS = 200;

function render({ model, el }: RenderContext): () => void {
  const state = Object.fromEntries(
    (["subtitle", "names", "arms", "shows", "hasEpochs", "runs"] as const).map((key) => [
      key,
      model.get(key),
    ]),
  ) as unknown as SamplesState;
  const { arms, names, shows, subtitle } = state;
  let query: SamplesQuery = FIRST_QUERY;
  let opened: number | null = null;
  let runs: ReturnType<typeof createRunsOfSample> | null = null;
  let nAsked = 0;
  let nOpened = 0;

  const shell = createShell({
    ...{ el, model, subtitle },
    picture: "samples",
    title: "Samples",
    description: `what was asked and replied, ${subtitle}`,
    styles: STYLES,
    redraw: () => undefined, // the page lays the table out
  });
  const ask = askKernel({ model, el }, shell.signal);
  const closeRun = (run: unknown): void => tellKernel({ model, el }, "closeRun", { run });
  const refusal = element("p", { class: "vt-warning", role: "alert", hidden: true });
  const stage = element("div", {});
  const table = createRowsTable({
    caption: names[1] === "" ? "Samples" : `Outcomes from ${names[1]} to ${names[0]}`,
    hasArms: arms.length > 1,
    hasEpochs: state.hasEpochs,
    onOpen: (row) => (row.row === opened ? close() : open(row)),
    onQuery: (change) => choose(change),
  });

  const choose = (change: Partial<SamplesQuery>): void => {
    query = { ...query, ...change };
    void draw();
  };
  const refuse = (error: unknown): void => {
    if (shell.signal.aborted) return;
    refusal.textContent = error instanceof Error ? error.message : String(error);
    refusal.hidden = false;
  };

  async function draw(): Promise<void> {
    const asked = ++nAsked;
    try {
      const { content } = await ask("rows", { ...query });
      if (asked !== nAsked) return; // another one was asked since
      refusal.hidden = true;
      const page = content as unknown as SamplesPage;
      table.draw(page, query, opened);
      shell.announce(
        page.total === 0
          ? "No samples"
          : `Samples ${query.start + 1} to ${query.start + page.rows.length} of ${page.total}`,
      );
    } catch (error) {
      if (asked === nAsked) refuse(error);
    }
  }

  async function open(row: SampleRow): Promise<void> {
    const asked = ++nOpened;
    try {
      const { content } = await ask("sample", { row: row.row });
      if (asked !== nOpened) return;
      refusal.hidden = true;
      opened = row.row;
      const closer = button("Close", "Close this sample", close);
      runs?.close();
      runs = createRunsOfSample(row.row, state, ask, closeRun, shell.announce);
      const sample = openedSample(content as unknown as SamplePair, state, closer);
      stage.replaceChildren(sample, runs.element);
      table.mark(opened);
      shell.announce(`Sample ${row.sample}: ${changeText(row)}, answer ${row.answer || "none"}`);
    } catch (error) {
      if (asked === nOpened) refuse(error);
    }
  }

  function close(): void {
    const last = opened;
    nOpened++;
    opened = null;
    runs?.close();
    runs = null;
    stage.replaceChildren();
    table.mark(null);
    if (last !== null) table.focus(last);
  }

  shell.root.addEventListener("keydown", ({ key, target }) => {
    const isInside = target instanceof Element && target.closest(".vt-nested") !== null; // a run's picture, which has uses of its own for it
    if (key === "Escape" && opened !== null && !isInside) close();
  });
  shell.toolbar.append(
    dropdown<Show>(
      "show",
      shows.map(({ show, count }) => ({ value: show, label: `${SHOW_LABELS[show]} (${count})` })),
      "all",
      (show) => choose({ show, start: 0 }),
    ).element,
    ...(arms.length > 1 ? [armChoice()] : []),
    search(),
  );
  shell.body.append(
    element(
      "div",
      { class: "vt-samples-arms" },
      ...arms.map((arm) => element("p", {}, armText(arm, names[1]))),
    ),
    refusal,
    table.element,
    stage,
    element("p", { class: "vt-note" }, READING),
  );
  void draw();

  function armChoice(): HTMLElement {
    const each = arms.map(({ name }) => ({ value: name, label: name }));
    const options = [{ value: "", label: "all arms" }, ...each];
    return dropdown("arm", options, "", (arm) => choose({ arm, start: 0 })).element;
  }

  function search(): HTMLElement {
    const input = element("input", { type: "search", "aria-label": "Text in samples" });
    let pause: ReturnType<typeof setTimeout> | undefined;
    input.addEventListener("input", () => {
      clearTimeout(pause);
      pause = setTimeout(() => choose({ text: input.value, start: 0 }), PAUSE_MS);
    });
    return element(
      "label",
      { class: "vt-samples-search" },
      element("span", { class: "vt-control-label" }, "text"),
      input,
    );
  }

  return () => {
    runs?.close();
    shell.destroy();
  };
}

export default { render } satisfies AfmView;
