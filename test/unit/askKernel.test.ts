import assert from "node:assert/strict";
import { afterEach, type TestContext, test } from "node:test";
import { StateModel } from "../../widgets/offline/stateModel.ts";
import { answerQuestions } from "../../widgets/render/answerQuestions.ts";
import { type AskKernel, askKernel, type KernelQuestion } from "../../widgets/render/askKernel.ts";
import { forgetKernel, header, kernel } from "./widgetKernel.ts";

afterEach(forgetKernel);

const SILENCE_MS = 20_000;
const NOBODY = /^Error: No kernel answers\. Run the cell again to look closer\.$/;

/** A page's model, whose kernel says what a test lets it say. */
class ToldModel extends StateModel {
  readonly hasKernel = true;
  readonly asked: KernelQuestion[] = [];
  readonly widget_manager = { kernel: { status: "idle", connectionStatus: "connected" } };

  constructor() {
    super({});
  }

  send(content: unknown): void {
    this.asked.push(content as KernelQuestion);
  }

  say(content: Readonly<Record<string, unknown>>): void {
    this.fire("msg:custom", { ...content, id: this.asked.at(-1)?.id }, []);
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A page whose clock is the test's, and what became of its one question. */
async function asking(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const model = new ToldModel();
  const told: number[] = [];
  let end = "";
  const ask: AskKernel = askKernel({ model, el: null as never }, new AbortController().signal);
  ask("openRun", {}, (seconds) => told.push(seconds)).then(
    () => {
      end = "answered";
    },
    (error: unknown) => {
      end = String(error);
    },
  );
  await turn();
  assert.equal(model.asked.length, 1);
  const pass = (ms: number): Promise<void> => {
    t.mock.timers.tick(ms);
    return turn();
  };
  return { model, told, pass, end: () => end };
}

test("a kernel that says that it is at it is waited for, however long it takes", async (t) => {
  const { model, told, pass, end } = await asking(t);
  for (const working of [19, 38, 57]) {
    await pass(SILENCE_MS - 1000);
    model.say({ working });
  }
  await pass(SILENCE_MS - 1);
  assert.equal(end(), "");
  model.say({ run: 1 });
  await turn();
  assert.equal(end(), "answered");
  assert.deepEqual(told, [19, 38, 57]);
});

test("a kernel of which nothing is heard for 20 s is given up, also after it was at it", async (t) => {
  const { model, pass, end } = await asking(t);
  await pass(SILENCE_MS - 1000);
  model.say({ working: 19 });
  await pass(SILENCE_MS - 1);
  assert.equal(end(), "");
  await pass(1);
  assert.match(end(), NOBODY);
});

test("a kernel that is busy with something else is waited for as long as the page has a line to it", async (t) => {
  const { model, pass, end } = await asking(t);
  const { kernel: busy } = model.widget_manager;
  busy.status = "busy";
  for (let i = 0; i < 3; i++) await pass(SILENCE_MS);
  assert.equal(end(), "");
  busy.connectionStatus = "connecting";
  await pass(SILENCE_MS);
  assert.match(end(), NOBODY);
});

test("an answer that takes long is said to be under way every 4 s, until it comes", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const sent: unknown[] = [];
  let answer = (_: object): void => assert.fail("nobody asked");
  const answers = {
    slow: () =>
      new Promise<object>((resolve) => {
        answer = resolve;
      }),
  };
  const widget = { send: (content: unknown) => void sent.push(content) };
  const done = answerQuestions(answers)({ id: 7, kind: "slow" }, [], widget);
  await turn();
  for (let i = 0; i < 9; i++) t.mock.timers.tick(1000);
  answer({ content: { n: 1 } });
  await done;
  t.mock.timers.tick(60_000);
  assert.deepEqual(sent, [
    { id: 7, working: 4 },
    { id: 7, working: 8 },
    { n: 1, id: 7 },
  ]);
});

test("what was ended while it answered says nothing more", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { host, comms } = kernel();
  const sent: unknown[] = [];
  const answer = answerQuestions({ endless: () => new Promise<object>(() => {}) });
  const comm = host.openComm("t", {});
  comm.onMessage(({ data }) =>
    answer(data, [], { send: (content: unknown) => void sent.push(content) }),
  );
  const over = new AbortController();
  const content = { comm_id: comm.id, data: { id: 1, kind: "endless" } };
  void comms.handle(header("asked"), content, {}, [], over.signal);
  await turn();
  t.mock.timers.tick(4000);
  assert.deepEqual(sent, [{ id: 1, working: 4 }]);
  over.abort();
  t.mock.timers.tick(60_000);
  assert.equal(sent.length, 1);
});
