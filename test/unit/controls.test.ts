import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { DISPLAY } from "../../kernel/display/host.ts";
import { liveWidgets } from "../../kernel/display/liveWidgets.ts";
import { type ProgressBar, progress } from "../../kernel/display/progressBar.ts";
import {
  Button,
  DatePicker,
  DatetimePicker,
  Dropdown,
  dlink,
  HBox,
  IntSlider,
  interact,
  link,
  NaiveDatetimePicker,
  Output,
  RadioButtons,
  SelectionRangeSlider,
  SelectMultiple,
  Tab,
  Text,
  TimePicker,
  VBox,
  widget,
} from "../../widgets/index.ts";
import { forgetKernel, kernel } from "./widgetKernel.ts";

const VIEW = "application/vnd.jupyter.widget-view+json";
type Sent = ReturnType<typeof kernel>["sent"];

afterEach(forgetKernel);

interface WidgetData {
  method: string;
  state: Record<string, unknown>;
  buffer_paths: unknown;
}
const dataOf = (message: Sent[number] | undefined): WidgetData =>
  message!.content.data as WidgetData;
const sentState = (message: Sent[number] | undefined): Record<string, unknown> =>
  dataOf(message).state;
/** State with which the comm of a model was opened. */
const openedWith = (sent: Sent, id: string | null): Record<string, unknown> =>
  sentState(sent.find(({ type, content }) => type === "comm_open" && content.comm_id === id));
const update = (state: object): object => ({ method: "update", state, buffer_paths: [] });
const idOf = ({ modelId }: { modelId: string | null }): string => String(modelId);

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

/** Lets everything happen that was begun: what promises set off, what waits to travel with a burst, and so on in turn. */
async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await turn();
    mock.timers.tick(50);
  }
}

test("a control names its code and has the defaults of ipywidgets, with keys as properties", async () => {
  const { sent } = kernel();
  const slider = new IntSlider({ value: 5, max: 10, layout: { width: "50%" } });
  const bundle = await slider[DISPLAY]();
  const state = openedWith(sent, slider.modelId);
  assert.equal(state._model_module, "@jupyter-widgets/controls");
  assert.deepEqual([state._model_name, state._view_name], ["IntSliderModel", "IntSliderView"]);
  assert.deepEqual([state.value, state.min, state.max, state.step], [5, 0, 10, 1]);
  assert.equal(openedWith(sent, slider.layout.modelId).width, "50%");
  assert.equal(state.layout, `IPY_MODEL_${slider.layout.modelId}`);
  assert.equal(bundle["text/plain"], "IntSlider(value: 5)");
  slider.value = 6;
  assert.deepEqual(sentState(sent.at(-1)), { value: 6 });
  slider.layout.width = "20%";
  assert.equal(sent.at(-1)?.content.comm_id, slider.layout.modelId);
});

test("each style's view is where the front end has it", async () => {
  const { sent } = kernel();
  await new IntSlider({ style: { handle_color: "teal" } })[DISPLAY]();
  const style = sent.map((message) => sentState(message)).find((state) => state.handle_color);
  assert.equal(style?._model_module, "@jupyter-widgets/controls");
  assert.deepEqual(
    [style?._view_module, style?._view_name, style?._model_name],
    ["@jupyter-widgets/base", "StyleView", "SliderStyleModel"],
  );
});

test("tabs show their first page unless told otherwise", () => {
  const children = [new Text(), new Text()];
  assert.deepEqual(
    [{}, { children }, { children, selected_index: 1 }, { children, selected_index: null }].map(
      (state) => new Tab(state).selected_index,
    ),
    [null, 0, 1, null],
  );
});

test("parts open before the widgets that hold them, wherever in the state they are", async () => {
  const { sent } = kernel();
  const [a, b] = [new IntSlider(), new IntSlider()];
  const own = widget({ esm: "", state: { tree: { list: [a, { deep: b }] }, n: [1, 2] } });
  await new HBox({ children: [own] })[DISPLAY]();
  assert.deepEqual(openedWith(sent, own.modelId).tree, {
    list: [`IPY_MODEL_${a.modelId}`, { deep: `IPY_MODEL_${b.modelId}` }],
  });
  const order = sent.map(({ content }) => content.comm_id);
  assert.ok(order.indexOf(a.modelId) < order.indexOf(own.modelId));
  assert.ok(order.indexOf(b.modelId) < order.indexOf(own.modelId));
});

test("a widget put into a box that is shown opens then, and comes back as itself", async () => {
  const { sent, receive } = kernel();
  const box = new VBox();
  await box[DISPLAY]();
  const slider = new IntSlider();
  box.children = [slider];
  assert.deepEqual(sentState(sent.at(-1)), { children: [`IPY_MODEL_${slider.modelId}`] });
  await receive(idOf(box), update({ children: [`IPY_MODEL_${slider.modelId}`, "IPY_MODEL_x"] }));
  assert.equal(box.children[0], slider);
});

test("a widget that holds itself is refused by name, and may hold itself once it is shown", async () => {
  kernel();
  const state: { other: unknown } = { other: null };
  const own = widget({ esm: "", state });
  own.set({ other: [own] });
  await assert.rejects(own[DISPLAY](), { code: "ERR_WIDGET_CYCLE" });
  own.set({ other: null });
  await own[DISPLAY]();
  own.set({ other: own });
  await own[DISPLAY]();
});

test("binary data travels inside the state, at any depth, both ways", async () => {
  const { sent, receive, comms } = kernel();
  const state = { rows: [{ pixels: new Uint8Array([1, 2]) as ArrayBufferView }], n: 0 };
  const own = widget({ esm: "", state });
  await own[DISPLAY]();
  own.set({ rows: [{ pixels: Float32Array.of(1.5) }] });
  const last = sent.at(-1);
  assert.deepEqual(dataOf(last).buffer_paths, [["rows", 0, "pixels"]]);
  assert.deepEqual(last?.buffers, [new Uint8Array(Float32Array.of(1.5).buffer)]);
  assert.deepEqual(sentState(last), { rows: [{}] });

  const data = { method: "update", state: { rows: [{}, {}] } };
  const paths = { buffer_paths: [["rows", 1, "pixels"]] };
  await receive(idOf(own), { ...data, ...paths }, [new Uint8Array([7, 8])]);
  const [, second] = own.get("rows");
  assert.equal((second!.pixels as DataView).getUint8(1), 8);
  const echo = sent.at(-1);
  assert.equal(dataOf(echo).method, "echo_update");
  assert.deepEqual(echo?.buffers, [new Uint8Array([7, 8])]);
  assert.deepEqual(Object.keys(comms.info().comms as object).length, 1);
});

test("choices are given and read by value, whatever the front end counts", async () => {
  const { receive } = kernel();
  const models = { small: { size: 1 }, large: { size: 2 } };
  const dropdown = new Dropdown({ options: models, value: models.large });
  await dropdown[DISPLAY]();
  const heard: unknown[] = [];
  dropdown.onChange("value", (value, previous) => void heard.push(value?.size, previous?.size));
  await receive(idOf(dropdown), update({ index: 0 }));
  assert.equal(dropdown.value, models.small);
  assert.deepEqual(heard, [1, 2]);
  dropdown.value = null;
  assert.equal(dropdown.index, null);
  assert.equal(new RadioButtons({ options: ["a", "b"] }).value, "a");
  const several = new SelectMultiple({
    options: [
      ["one", 1],
      ["two", 2],
      ["three", 3],
    ],
    value: [3, 1],
  });
  assert.deepEqual(several.index, [2, 0]);
  several.index = [1];
  assert.deepEqual(several.value, [2]);
  assert.deepEqual(new SelectionRangeSlider({ options: [5, 6, 7] }).value, [5, 7]);
});

const noon = { hours: 12, minutes: 30, seconds: 5, milliseconds: 250 };
const newYear = { year: 2024, month: 0, date: 1 };
const early = { year: 33, month: 11, date: 31 };
for (const { name, picker, value, wire, next, nextWire } of [
  {
    name: "DatePicker",
    picker: new DatePicker(),
    value: new Date("2024-01-01"),
    wire: newYear,
    next: new Date("0033-12-31"),
    nextWire: early,
  },
  {
    name: "Datetime",
    picker: new DatetimePicker(),
    value: new Date("2024-01-01T12:30:05.250Z"),
    wire: { ...newYear, ...noon },
    next: new Date("0033-12-31T12:30:05.250Z"),
    nextWire: { ...early, ...noon },
  },
  {
    name: "NaiveDatetime",
    picker: new NaiveDatetimePicker(),
    value: new Date("2024-01-01T12:30:05.250"),
    wire: { ...newYear, ...noon },
    next: new Date("0033-12-31T12:30:05.250"),
    nextWire: { ...early, ...noon },
  },
  {
    name: "Time",
    picker: new TimePicker(),
    value: "12:30:05.25",
    wire: noon,
    next: "07:05",
    nextWire: { hours: 7, minutes: 5, seconds: 0, milliseconds: 0 },
  },
] as const)
  test(`the value of a ${name} travels as ipywidgets writes it`, async () => {
    const { sent, receive } = kernel();
    const control = picker as unknown as DatePicker;
    const values: unknown[] = [];
    await control[DISPLAY]();
    assert.equal(openedWith(sent, control.modelId)._model_name, `${name}Model`);
    assert.equal(openedWith(sent, control.modelId).value, null);
    control.set({ value: value as Date, min: value as Date });
    assert.deepEqual(sentState(sent.at(-1)), { value: wire, min: wire });
    control.onChange("value", (now) => void values.push(now));
    await receive(idOf(control), update({ value: nextWire }));
    assert.deepEqual(sentState(sent.at(-1)), { value: nextWire }, "the echo is what came");
    assert.deepEqual([control.value, values], [next, [next]]);
    await receive(idOf(control), { method: "request_state" });
    assert.deepEqual(sentState(sent.at(-1)).value, nextWire);
    await receive(idOf(control), update({ value: null }));
    assert.equal(control.value, null);
    control.dispose();
  });

test("what is no date or time is refused where it is set", () => {
  for (const wrong of ["2024-01-01", new Date(Number.NaN), 5, undefined]) {
    assert.throws(() => new DatePicker({ value: wrong as never }), { code: "ERR_WIDGET_VALUE" });
  }
  const time = new TimePicker({ value: "23:59" });
  for (const wrong of ["24:00", "9:00", "noon", new Date()]) {
    assert.throws(() => time.set({ value: wrong as never }), { code: "ERR_WIDGET_VALUE" });
  }
  assert.equal(time.value, "23:59");
});

test("linked keys follow each other until the link ends, and a directional one follows its source", async () => {
  const { receive } = kernel();
  const [a, b, shown] = [new IntSlider({ value: 3 }), new IntSlider(), new Text()];
  const unlink = link([a, "value"], [b, "value"]);
  dlink([b, "value"], [shown, "value"], (value) => `${value} apples`);
  await new VBox({ children: [a, b, shown] })[DISPLAY]();
  assert.deepEqual([b.value, shown.value], [3, "3 apples"]);
  await receive(idOf(b), update({ value: 5 }));
  a.value = a.value + 1;
  assert.deepEqual([a.value, b.value, shown.value], [6, 6, "6 apples"]);
  unlink();
  a.value = 9;
  assert.deepEqual([b.value, shown.value], [6, "6 apples"]);
  const choice = new Dropdown({ options: [1, 2, 3] });
  dlink([choice, "value"], [a, "max"], (value) => value ?? 0);
  choice.value = 3;
  assert.equal(a.max, 3);
  // @ts-expect-error a number cannot be what a text field holds
  dlink([a, "value"], [shown, "value"]);
  // @ts-expect-error nor the other way round
  link([shown, "description"], [b, "value"]);
});

test("a click and an Enter reach their listeners until those are taken away", async () => {
  const { receive, errors } = kernel();
  const [button, text] = [new Button({ description: "Go" }), new Text({ value: "abc" })];
  await new VBox({ children: [button, text] })[DISPLAY]();
  const heard: string[] = [];
  const stop = button.onClick(() => void heard.push("click"));
  button.onClick(() => {
    throw new Error("second listener");
  });
  text.onSubmit((value) => void heard.push(value));
  const event = (name: string): object => ({ method: "custom", content: { event: name } });
  await receive(idOf(button), event("click"));
  await receive(idOf(text), event("submit"));
  stop();
  await receive(idOf(button), event("click"));
  assert.deepEqual(heard, ["click", "abc"]);
  assert.match(String(errors[0]), /second listener/);
});

test("an output takes what code prints, shows and throws, in order, and a burst of it in one message", async () => {
  const { sent, host } = kernel();
  const output = new Output();
  await output[DISPLAY]();
  const before = sent.length;
  const answer = await output.capture(async () => {
    host.display({ "text/plain": "one" });
    host.display({ "text/plain": "one more" });
    await settled();
    host.display({ "text/plain": "two" });
    return 42;
  });
  assert.equal(answer, 42);
  assert.equal(await output.capture(() => Promise.reject(new RangeError("no"))), undefined);
  const kinds = output.outputs.map((shown) => shown.output_type);
  assert.deepEqual(kinds, ["display_data", "display_data", "display_data", "error"]);
  assert.deepEqual(
    sent.slice(before).map(({ type }) => type),
    ["comm_msg", "comm_msg", "comm_msg"],
  );
  output.clear({ wait: true });
  await settled();
  assert.equal(output.outputs.length, 4);
  await output.capture(() => host.display({ "text/plain": "three" }));
  assert.equal(output.outputs.length, 1);
});

test("what an output shows with an id is updated there, inside its runs and outside of them", async () => {
  const { sent, host } = kernel();
  const output = new Output();
  await output[DISPLAY]();
  const shown = (): unknown[] =>
    output.outputs.map((each) => (each.data as Record<string, string>)["text/plain"]);
  const bar = await output.capture(() => {
    const started = progress(3) as ProgressBar;
    host.display({ "text/plain": "one" }, { displayId: "a" });
    host.display({ "text/plain": "two" }, { displayId: "a", update: true });
    started.set(3);
    return started;
  });
  assert.match(String(shown()[0]), /3 of 3/);
  assert.equal(shown()[1], "two");
  bar?.set(4);
  host.display({ "text/plain": "three" }, { displayId: "a", update: true });
  await settled();
  assert.match(String(shown()[0]), /4 of 3/);
  assert.deepEqual([shown()[1], shown().length], ["three", 2]);
  assert.ok(!sent.some(({ type }) => type === "update_display_data"));
  output.clear();
  await settled();
  host.display({ "text/plain": "four" }, { displayId: "a", update: true });
  assert.deepEqual(shown(), [], "what was cleared is not here to be updated");
  assert.equal(sent.at(-1)?.type, "update_display_data");
});

test("interact chooses controls by what it is given, and calls the function with their values", async () => {
  const { host } = kernel();
  const calls: unknown[] = [];
  const own = new IntSlider({ value: 3 });
  const box = interact(
    (values) => {
      const {
        n,
        range,
        word,
        label,
        isOn,
        own: given,
      }: {
        n: number;
        range: number;
        word: string;
        label: "a" | "b";
        isOn: boolean;
        own: number;
      } = values;
      calls.push([n, range, word, label, isOn, given]);
      host.display({ "text/plain": `${n}` });
    },
    { n: 5, range: [0, 1, 0.25], word: "w", label: ["a", "b"], isOn: true, own },
  );
  await box[DISPLAY]();
  await settled();
  assert.deepEqual(calls, [[5, 0.5, "w", "a", true, 3]]);
  const names = box.children.map((child) => child.constructor.name);
  assert.equal(names.length, 7);
  own.value = 4;
  await settled();
  assert.deepEqual(calls.at(-1), [5, 0.5, "w", "a", true, 4]);
  const output = box.children.at(-1) as Output;
  assert.equal(output.outputs.length, 1);
});

test("while interact's function runs, changes wait, and only the latest is answered", async () => {
  const { receive } = kernel();
  const seen: number[] = [];
  let release = (): void => {};
  const slider = new IntSlider({ value: 0 });
  const box = interact(
    async ({ n }) => {
      seen.push(n);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return `answer ${n}`;
    },
    { n: slider },
  );
  await box[DISPLAY]();
  for (const value of [1, 2, 3]) await receive(idOf(slider), update({ value }));
  assert.deepEqual(seen, [0]);
  release();
  await settled();
  assert.deepEqual(seen, [0, 3]);
  release();
  await settled();
  const [shown] = (box.children.at(-1) as Output).outputs as { data: Record<string, string> }[];
  assert.equal(shown?.data["text/plain"], "'answer 3'");
});

test("what interact's function throws is shown in its output, and the next call takes its place", async () => {
  const { errors, receive } = kernel();
  const slider = new IntSlider({ value: 0 });
  const box = interact(
    ({ n }) => {
      if (n === 0) throw new RangeError("zero");
      return n === 1 ? undefined : n;
    },
    { n: slider },
  );
  await box[DISPLAY]();
  await settled();
  const output = box.children.at(-1) as Output;
  const kinds = (): unknown[] => output.outputs.map((shown) => shown.output_type);
  assert.deepEqual(kinds(), ["error"]);
  assert.equal(output.outputs[0]?.evalue, "zero");
  await receive(idOf(slider), update({ value: 2 }));
  assert.deepEqual(kinds(), ["display_data"]);
  await receive(idOf(slider), update({ value: 1 }));
  await settled();
  assert.deepEqual(kinds(), [], "a run that shows nothing leaves nothing");
  assert.deepEqual(errors, []);
});

test("interact works with every control that holds a value, those with choices among them", async () => {
  kernel();
  const radio = new RadioButtons({ options: { one: 1, two: 2 } });
  const seen: (number | null)[] = [];
  await interact(({ size }) => void seen.push(size), { size: radio })[DISPLAY]();
  radio.value = 2;
  await settled();
  assert.deepEqual(seen, [1, 2]);
});

test("widgets that interact's function shows close when the next ones have taken their place", async () => {
  const { receive, comms, inCell } = kernel();
  const slider = new IntSlider({ value: 0 });
  const kept = new Text({ value: "kept" });
  const shown: IntSlider[] = [];
  await inCell("a", async () => {
    const box = interact(
      ({ n }) => {
        shown.push(new IntSlider({ value: n }));
        return new HBox({ children: [shown.at(-1) as IntSlider, kept] });
      },
      { n: slider },
    );
    await box[DISPLAY]();
  });
  await settled();
  const count = (): number => Object.keys(comms.info().comms as object).length;
  const before = count();
  for (let value = 1; value <= 20; value++) {
    await receive(idOf(slider), update({ value }));
    await settled();
  }
  assert.equal(shown.length, 21);
  assert.equal(count(), before);
  assert.deepEqual(shown.map(({ modelId }) => modelId !== null).lastIndexOf(false), 19);
  assert.ok(kept.modelId);
  comms.release("a");
  assert.equal(count(), 0, "running the cell again closes what its outputs show, too");
  assert.equal(liveWidgets().size, 0);
});

test("an output shown once more after its cell ran again holds no view of a widget that is gone", async () => {
  const { comms, inCell } = kernel();
  const output = new Output();
  const slider = new IntSlider();
  await inCell("a", async () => {
    await output[DISPLAY]();
    await output.capture(async () => {
      const data = await slider[DISPLAY]();
      kernelDisplay(data);
    });
  });
  assert.ok(VIEW in (output.outputs[0]!.data as object));
  comms.release("a");
  assert.deepEqual(output.outputs[0]?.data, { "text/plain": "IntSlider(value: 0)" });
  await inCell("b", () => output[DISPLAY]());
  assert.ok(output.modelId);
});

function kernelDisplay(data: Record<string, unknown>): void {
  const host = (globalThis as Record<symbol, unknown>)[Symbol.for("vitrine.kernelHost")];
  (host as ReturnType<typeof kernel>["host"]).display(data);
}

test("running a cell again closes every part of what it showed", async () => {
  const { comms, inCell, sent } = kernel();
  const run = (): Promise<unknown> =>
    inCell("tabs", () =>
      new Tab({
        children: [new HBox({ children: [new IntSlider()] }), new Output()],
        titles: ["one", "two"],
      })[DISPLAY](),
    );
  await run();
  const opened = Object.keys(comms.info().comms as object);
  assert.ok(opened.length >= 7, "tab, box, slider, output, and a layout or style for each");
  comms.release("tabs");
  const closed = sent.filter(({ type }) => type === "comm_close").map((m) => m.content.comm_id);
  assert.deepEqual(closed.sort(), opened.sort());
  await run();
  assert.equal(Object.keys(comms.info().comms as object).length, opened.length);
});
