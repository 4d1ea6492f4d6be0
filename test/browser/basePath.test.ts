import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { until } from "../fixtures/until.ts";
import { LabBrowser } from "./labBrowser.ts";
import { type LabServer, startLab } from "./labServer.ts";
import { notebookOf } from "./notebook.ts";

const BASE = "/team/vitrine/";
const TOKEN = "the-token-of-the-environment";

let lab: LabServer;
let browser: LabBrowser;
let origin: string;

before(async () => {
  process.env.JUPYTER_TOKEN = TOKEN;
  lab = await startLab(
    (root) => writeFileSync(join(root, "sum.ipynb"), notebookOf("process.env.JUPYTER_TOKEN ?? 42")),
    null,
    ["--base-url", "team/vitrine"],
  );
  delete process.env.JUPYTER_TOKEN;
  origin = new URL(lab.url).origin;
  browser = await LabBrowser.launch();
  await browser.page.goto(lab.url);
});

after(async () => {
  await browser?.close();
  await lab?.stop();
});

const item = (label: string | RegExp) =>
  browser.page.locator(".lm-Menu-item", {
    has: browser.page.locator(".lm-Menu-itemLabel", { hasText: label }),
  });

test("the launcher offers the notebooks of Vitrine and copies what is opened", async () => {
  const { page } = browser;
  assert.equal(new URL(page.url()).pathname, `${BASE}lab`);
  const section = page.locator(".jp-Launcher-section", { hasText: "Notebooks of Vitrine" });
  await section.locator(".jp-LauncherCard", { hasText: "A first look" }).click();
  await browser.notebookReady();
  await until("a copy", () => existsSync(join(lab.root, "01-first-look.ipynb")));
});

test("below a base path a cell runs, and finds no JUPYTER_TOKEN, which the server took", async () => {
  assert.equal(new URL(lab.url).searchParams.get("token"), TOKEN);
  await browser.open(`${origin}${BASE}lab/tree/sum.ipynb`);
  await browser.runAll();
  const output = browser.page.locator(".jp-OutputArea-output", { hasText: /^\s*42\s*$/ });
  await output.waitFor();
});

test("File offers no export that this server does not have", async () => {
  await browser.page.locator(".lm-MenuBar-itemLabel", { hasText: "File" }).first().click();
  await item("Save Notebook").first().waitFor();
  assert.equal(await item("Save and Export").count(), 0);
  await browser.page.keyboard.press("Escape");
});

test("Help leads to the documentation, which this server has itself", async () => {
  const { page } = browser;
  const opening = page.context().waitForEvent("page");
  await browser.choose("Help", "Vitrine Documentation");
  const docs = await opening;
  await docs.waitForLoadState();
  const widths = await docs
    .locator("main img")
    .evaluateAll((pictures) =>
      pictures.map((picture) => (picture as HTMLImageElement).naturalWidth),
    );
  assert.ok(widths.length > 0 && widths.every((width) => width > 0), `pictures: ${widths}`);
  assert.equal(new URL(docs.url()).pathname, `${BASE}docs/index.html`);
  await docs.locator("nav a", { hasText: "The server" }).click();
  await docs.locator("h1", { hasText: "The server" }).waitFor();
  await docs.locator("main a[href='#where-it-differs-from-jupyter_server']").first().click();
  const heading = docs.locator("h2[id='where-it-differs-from-jupyter_server']");
  assert.equal(await heading.count(), 1);
  await docs.close();
});

/** Waits for a theme, and until the splash of its loading is gone, which covers the menus. */
async function themeShown(name: string): Promise<void> {
  const { page } = browser;
  await page.locator(`body[data-jp-theme-name="${name}"]`).waitFor({ state: "attached" });
  await page.locator("#jupyterlab-splash").waitFor({ state: "detached" });
}

test("a theme chosen once is shown, and the system is followed again when that is chosen", async () => {
  const choose = (theme: string): Promise<void> => browser.choose("Settings", "Theme", theme);
  await themeShown("JupyterLab Light");
  await choose("JupyterLab Dark");
  await themeShown("JupyterLab Dark");
  await choose("JupyterLab Light");
  await themeShown("JupyterLab Light");
  await browser.page.emulateMedia({ colorScheme: "dark" });
  await choose("Synchronize with System Settings");
  await themeShown("JupyterLab Dark");
});

test("nothing failed to load, and nothing was asked of another host", () => {
  assert.deepEqual(browser.problems, []);
  assert.deepEqual(browser.foreignRequests, []);
});

/** Where to go after login, as somebody who wants to lead people away would write it. */
const TARGETS = [
  "//evil.example",
  "///evil.example",
  "////evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "\\/evil.example",
  "/\t/evil.example",
  "\t//evil.example",
  "/\n/evil.example",
  " //evil.example",
  "\u0000//evil.example",
  "http:evil.example",
  "http:/evil.example",
  "http:///evil.example",
  "https://evil.example",
  "HTTPS:\\\\evil.example",
  "/..//evil.example",
  "/.//evil.example",
  "/team/vitrine/..//..//evil.example",
  "/team/vitrine/..%2f..//evil.example",
  "/%2e%2e//evil.example",
  "/team/vitrine/%2e%2e/%2e%2e//evil.example/team/vitrine/",
  "javascript:alert(1)",
  "data:text/html,x",
  "//evil.example\\@127.0.0.1",
  "http://127.0.0.1@evil.example/",
  "//evil%E3%80%82example",
  "/team/vitrine/../../admin",
  "../../admin",
  "lab/tree/a b?c=d#e",
];

test("of 30 odd targets after login none leads a browser away from below the base path", async () => {
  assert.equal(TARGETS.length, 30);
  const locations: string[] = [];
  for (const next of TARGETS) {
    const answer = await fetch(`${origin}${BASE}login`, {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams({ token: TOKEN, next }),
    });
    assert.equal(answer.status, 303, JSON.stringify(next));
    locations.push(answer.headers.get("location") ?? "");
  }
  const resolve = (addresses: readonly string[]) =>
    browser.page.evaluate(
      ([list, base]) => {
        const page = document.implementation.createHTMLDocument();
        page.head.append(Object.assign(page.createElement("base"), { href: base }));
        return list.map((href) => {
          const { origin, pathname } = Object.assign(page.createElement("a"), { href });
          return { origin, pathname };
        });
      },
      [addresses, `${origin}${BASE}login`] as const,
    );
  const away = (await resolve(TARGETS)).filter((each) => each.origin !== origin);
  assert.ok(away.length >= 15, `${away.length} of the targets lead away, taken as they are`);
  for (const [index, each] of (await resolve(locations)).entries()) {
    assert.equal(each.origin, origin, JSON.stringify(TARGETS[index]));
    assert.ok(each.pathname.startsWith(BASE), JSON.stringify(TARGETS[index]));
  }
  assert.equal(locations.at(-1), `${BASE}lab/tree/a%20b?c=d#e`);
});
