import { button, segmented } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { exactF32 } from "../render/formatNumber.ts";
import { shortToken } from "../render/visibleToken.ts";
import { table } from "./expertPanel.ts";
import type { RoutingPage } from "./page.ts";
import type { AttemptResult, ExpertAttempt } from "./tryExpert.ts";

/** Forces or forbids the expert that is looked at, in a run of its own, and shows what became of the logits. */
export function createAttemptPanel(page: RoutingPage): {
  readonly element: HTMLElement;
  draw(): void;
} {
  const { shell, tokenTexts, layers } = page;
  const last = tokenTexts.length - 1;
  const heading = element("h4", {});
  const where = segmented<"token" | "all">(
    "for",
    [
      { value: "token", label: "this token" },
      { value: "all", label: "all tokens" },
    ],
    "token",
    () => {},
  );
  const logits = segmented<"last" | "token">(
    "logits of",
    [
      { value: "last", label: "the last token" },
      { value: "token", label: "this token" },
    ],
    "last",
    () => {},
  );
  const result = element("div", { class: "vt-attempt" });
  let nAsked = 0;

  const make = (change: ExpertAttempt["change"]) => (): void => {
    const { row, expert, token } = page.place;
    const asked = ++nAsked;
    result.replaceChildren(element("p", { class: "vt-note" }, "running the tokens twice…"));
    page.store
      .attempt({
        ...{ row, expert, change, token },
        everywhere: where.value === "all",
        logitsAt: logits.value === "last" ? last : token,
      })
      .then((made) => {
        if (asked === nAsked) show(made);
      })
      .catch((reason: unknown) => {
        if (asked !== nAsked) return;
        const why = reason instanceof Error ? reason.message : String(reason);
        result.replaceChildren(element("p", { class: "vt-note vt-warning" }, why));
        shell.announce(why);
      });
  };
  const force = button("Force", "Choose the expert before all others", make("force"));
  const forbid = button("Forbid", "Never choose the expert", make("forbid"));

  function show({ attempt, layer, tokens, divergenceBits, experts }: AttemptResult): void {
    const { expert, change, everywhere, token, logitsAt } = attempt;
    const done = `Expert ${expert} of layer ${layer} ${change === "force" ? "forced" : "forbidden"} for ${everywhere ? "all tokens" : `token ${token}`}`;
    const routed = `Token ${token} then has experts ${experts.join(", ")} there.`;
    result.replaceChildren(
      element("p", { class: "vt-attempt-done" }, `${done}. ${routed}`),
      table(
        `Logits behind token ${logitsAt}, recomputed`,
        ["token", "before", "after", "change", "p before", "p after"],
        tokens.map(({ text, before, after, probabilityBefore, probabilityAfter }) => [
          shortToken(text, 10),
          exactF32(before),
          exactF32(after),
          signed(after - before),
          share(probabilityBefore),
          share(probabilityAfter),
        ]),
      ),
      element(
        "p",
        { class: "vt-note" },
        `Divergence of the distribution: ${Number(divergenceBits.toPrecision(4))} bits.`,
      ),
    );
    shell.announce(`${done}: divergence ${Number(divergenceBits.toPrecision(3))} bits`);
  }

  return {
    element: element(
      "div",
      { class: "vt-route vt-attempts" },
      heading,
      where.element,
      logits.element,
      element("div", { class: "vt-attempt-buttons" }, force, forbid),
      result,
    ),
    draw() {
      const { row, expert, token } = page.place;
      heading.textContent = `Expert ${expert} · layer ${layers[row]} · ${shortToken(tokenTexts[token] ?? "", 14)} (${token})`;
    },
  };
}

const signed = (value: number): string =>
  `${value < 0 ? "−" : "+"}${Number(Math.abs(value).toPrecision(3))}`;

const share = (p: number): string => (p < 0.001 ? p.toExponential(1) : p.toFixed(3));
