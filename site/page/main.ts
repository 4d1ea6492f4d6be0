import { element } from "../../widgets/render/element.ts";
import { EXAMPLES } from "../examples.ts";
import type { BackendWish, ReadAs, ToWorker } from "../messages.ts";
import type { FetchedModel } from "../modelFiles.ts";
import { readAddress, writeAddress } from "./address.ts";
import { fetchModel } from "./fetchModel.ts";
import { LiveWorker } from "./liveWorker.ts";
import { PictureBoard } from "./pictureBoard.ts";
import { Reply } from "./reply.ts";
import { sharedModel } from "./sharedModel.ts";
import { StatusLine } from "./statusLine.ts";
import { tellHeight } from "./tellHeight.ts";
import { ThemeSwitch } from "./themeSwitch.ts";

const byId = <Kind extends HTMLElement>(id: string): Kind =>
  document.getElementById(id) as unknown as Kind;

const form = byId<HTMLFormElement>("form");
const text = byId<HTMLTextAreaElement>("text");
const maxTokens = byId<HTMLInputElement>("max-tokens");
const backend = byId<HTMLSelectElement>("backend");
const stop = byId<HTMLButtonElement>("stop");
const generate = byId<HTMLButtonElement>("generate");
const exampleAbout = byId("example-about");

const first = readAddress(location.hash);
const { isEmbedded } = first;
document.documentElement.classList.toggle("embedded", isEmbedded);
const status = new StatusLine({
  ...{ status: byId("status"), progress: byId<HTMLProgressElement>("progress") },
  ...{ device: byId("device"), failure: byId("failure") },
  offers: byId("offers"),
});
const reply = new Reply(byId("reply"));
const theme = new ThemeSwitch(byId<HTMLButtonElement>("theme"), keepAddress);
const board = new PictureBoard({
  ...{ buttons: byId("buttons"), board: byId("board"), open: first.show },
  onChange: keepAddress,
});
/** The files stay in the page, so that another backend takes no second download; one that failed is tried again. */
let model: Promise<FetchedModel> | null = null;
/** Null where it has failed: the next work starts another. */
let worker: LiveWorker | null = null;
/** What is to be done once the model is there. */
let waiting: ToWorker | null = null;
/** What was asked for last, for who tries it again. */
let asked: ToWorker | null = null;
let isReady = false;

function readAs(): ReadAs {
  return new FormData(form).get("as") === "chat" ? "chat" : "text";
}

function setText(given: { readonly text: string; readonly as: ReadAs }): void {
  text.value = given.text;
  for (const radio of form.querySelectorAll<HTMLInputElement>("input[name=as]"))
    radio.checked = radio.value === given.as;
}

/** The link of the page says what it shows, for who copies it; no step is added to the history. */
function keepAddress(): void {
  const said = writeAddress({
    ...{ text: text.value, as: readAs(), show: board.opened, isEmbedded },
    ...{ backend: backend.value as BackendWish, theme: theme.wish },
  });
  history.replaceState(null, "", `#${said}`);
  byId<HTMLAnchorElement>("own-page").href = `#${said.replace(/&?embedded=/, "")}`;
}

/** Hands work to the model, or keeps it until the model is there; of several the last counts. */
function ask(work: ToWorker): void {
  asked = work;
  keepAddress();
  status.fail(null);
  if (worker === null) startWorker();
  if (isReady) worker?.say(work);
  else waiting = work;
}

function run(): void {
  reply.clear();
  ask({ kind: "run", text: text.value, as: readAs() });
}

function startGeneration(): void {
  if (!maxTokens.reportValidity()) return;
  const given = { text: text.value, as: readAs() };
  ask({ kind: "generate", ...given, maxTokens: maxTokens.valueAsNumber });
}

function setWorking(isWorking: boolean): void {
  stop.disabled = !isWorking;
  document.documentElement.dataset.work = isWorking ? "running" : "none";
}

function fetchFiles(): Promise<FetchedModel> {
  const fetched = sharedModel(() =>
    fetchModel(new URL("model/", import.meta.url).href, (done, total) =>
      status.load({ stage: "download", done, total }),
    ),
  );
  fetched.catch((error: unknown) => {
    model = null;
    const message = error instanceof Error ? error.message : String(error);
    giveUp({ message, code: "ERR_WEIGHTS" });
  });
  return fetched;
}

function endWorker(): void {
  worker?.end();
  worker = null;
  board.rest();
  isReady = false;
  setWorking(false);
}

const tryAgain = (): void => {
  if (asked === null) run();
  else ask(asked);
};

function goOnWithWasm(): void {
  backend.value = "wasm";
  startWorker();
  tryAgain();
}

/** Failures of a graphics device, which WebAssembly does without. */
const OF_DEVICES = new Set([
  "ERR_NO_ADAPTER",
  "ERR_NO_DEVICE",
  "ERR_DEVICE_LOST",
  "ERR_OUT_OF_MEMORY",
  "ERR_GPU",
]);

/** The model has failed as a whole: the next work starts it anew. */
function giveUp({ message, code }: { readonly message: string; readonly code: string }): void {
  endWorker();
  status.say(
    code === "ERR_DEVICE_LOST"
      ? "The graphics device was lost, and the model with it: see below."
      : "The model is not there: see below.",
  );
  status.device("Nothing computes: see below.");
  const isOther = OF_DEVICES.has(code) && backend.value !== "wasm";
  status.fail(message, [
    { label: "Try again", take: tryAgain },
    ...(isOther ? [{ label: "Go on with WebAssembly", take: goOnWithWasm }] : []),
  ]);
}

/** Starts the model, in a worker of its own, on what is chosen; the one before goes. */
function startWorker(): void {
  endWorker();
  status.device("Looking for what computes here.");
  model ??= fetchFiles();
  const started = new LiveWorker(
    model,
    backend.value as BackendWish,
    (news) => {
      if (started !== worker) return;
      switch (news.kind) {
        case "progress":
          return status.load(news);
        case "ready":
          isReady = true;
          status.ready(news);
          document.documentElement.dataset.backend = news.backend;
          if (waiting !== null) started.say(waiting);
          waiting = null;
          return;
        case "began":
          setWorking(true);
          if (news.during === "generate")
            reply.begin(news.input.as === "text" ? news.input.text : null);
          return status.say(news.during === "run" ? "Running." : "Generating.");
        case "piece":
          return reply.add(news.part, news.text);
        case "ran":
          setWorking(false);
          status.ran(news);
          return board.draw(started);
        case "stopped":
          setWorking(false);
          return status.say("It was stopped: the pictures are of the run before.");
        case "shown":
          return void board.show(news.picture, news.comm).catch((error: unknown) => {
            board.refuse(news.picture, String(error));
          });
        case "failed":
          if (news.during === "load" || news.code === "ERR_DEVICE_LOST") return giveUp(news);
          if (news.picture !== undefined) return board.refuse(news.picture, news.message);
          if (news.during === "run" || news.during === "generate") {
            setWorking(false);
            status.say("Nothing was run: see below.");
          }
          return status.fail(news.message);
      }
    },
    (what) => {
      if (started !== worker) return;
      const message = `worker.js: expected the model's worker to go on, got ${what}. Run the text again, or reload the page.`;
      if (isReady) status.fail(message);
      else giveUp({ message, code: "ERR_WORKER" });
    },
  );
  worker = started;
}

for (const example of EXAMPLES) {
  const button = element(
    "button",
    { type: "button", lang: /\p{Script=Han}/u.test(example.text) ? "zh" : "en" },
    example.text.trim(),
  );
  button.addEventListener("click", () => {
    setText(example);
    exampleAbout.textContent = example.about;
    run();
  });
  byId("examples").append(element("li", {}, button));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  run();
});
generate.addEventListener("click", startGeneration);
stop.addEventListener("click", () => worker?.say({ kind: "stop" }));
backend.addEventListener("change", () => {
  startWorker();
  run();
});
/** What the last link said, as against what the reader made of it. */
let given = first;
addEventListener("hashchange", () => {
  const before = isEmbedded ? given : null; // what the page around changes leaves the rest to the reader
  given = readAddress(location.hash);
  const { text: nextText, as, show, theme: colours, backend: wish } = given;
  const isOtherText = before?.text !== nextText || before.as !== as;
  const isOtherBackend = before?.backend !== wish && wish !== backend.value;
  if (isOtherText) setText(given);
  if (before?.theme !== colours) theme.set(colours);
  if (before?.show.join() !== show.join()) board.open(show);
  if (isOtherBackend) {
    backend.value = wish;
    startWorker();
  }
  if (isOtherText || isOtherBackend) run();
  else keepAddress();
});

byId("unstarted").remove();
theme.set(first.theme);
backend.value = first.backend;
setText(first);
if (isEmbedded) tellHeight();
startWorker();
run();
