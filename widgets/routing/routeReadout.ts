import { element } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import { exactF32 } from "../render/formatNumber.ts";
import type { Theme } from "../render/theme.ts";
import { shortToken } from "../render/visibleToken.ts";
import type { Route } from "./data.ts";

export interface RouteReadoutPicture {
  readonly token: number;
  readonly text: string;
  readonly layer: number;
  readonly route: Route | null;
  /** What selection looked at, (E); null while on its way or refused. */
  readonly scores: Float32Array | null;
  readonly error: string | null;
  readonly nExperts: number;
}

const HEIGHT = 64;

/** The chosen experts of one token in one layer, exact, and the scores that all experts had. */
export function createRouteReadout(): {
  readonly element: HTMLElement;
  draw(picture: RouteReadoutPicture | null, theme: Theme): void;
} {
  const canvas = element("canvas", { class: "vt-scores", role: "img" });
  const host = element("div", { class: "vt-route" });
  return {
    element: host,
    draw(picture, theme) {
      if (!picture) {
        host.replaceChildren(
          element(
            "p",
            { class: "vt-route-empty" },
            "Point at a token to see its experts, their weights and the scores they were chosen by. Click or Enter pins it.",
          ),
        );
        return;
      }
      const { route, scores } = picture;
      const heading = element(
        "h4",
        {},
        element("span", { class: "vt-mono vt-lit" }, shortToken(picture.text, 18)),
        element("span", { class: "vt-muted" }, ` (${picture.token}) · layer ${picture.layer}`),
      );
      if (!route) {
        host.replaceChildren(
          heading,
          element("p", { class: "vt-note" }, picture.error ?? "reading the routes…"),
        );
        return;
      }
      const rows = route.experts.map((expert, j) =>
        element(
          "tr",
          {},
          element("td", {}, String(expert)),
          element("td", { class: "vt-number" }, exactF32(route.weights[j] ?? Number.NaN)),
          element(
            "td",
            { class: "vt-number" },
            scores ? exactF32(scores[expert] ?? Number.NaN) : "…",
          ),
        ),
      );
      host.replaceChildren(
        heading,
        element(
          "table",
          { class: "vt-route-table" },
          element(
            "thead",
            {},
            element(
              "tr",
              {},
              element("th", { scope: "col" }, "expert"),
              element("th", { scope: "col", class: "vt-number" }, "weight"),
              element("th", { scope: "col", class: "vt-number" }, "score + bias"),
            ),
          ),
          element("tbody", {}, ...rows),
        ),
        element(
          "p",
          { class: "vt-note" },
          `Router entropy ${exactF32(route.entropyBits)} bits of at most ${Math.log2(picture.nExperts).toFixed(2)}.`,
        ),
      );
      if (scores) {
        host.append(canvas, element("p", { class: "vt-note" }, scoresNote(scores)));
        drawScores(canvas, scores, route, theme, Math.min(290, host.clientWidth || 290));
      } else
        host.append(element("p", { class: "vt-note" }, picture.error ?? "reading the scores…"));
    },
  };
}

function scoresNote(scores: Float32Array): string {
  const dropped = scores.filter((score) => score === Number.NEGATIVE_INFINITY).length;
  return `Score + bias of all ${scores.length} experts, by number; the chosen ones in orange.${
    dropped > 0
      ? ` ${dropped} (grey) stand in groups that the router dropped: their score counts as −∞.`
      : ""
  }`;
}

function drawScores(
  canvas: HTMLCanvasElement,
  scores: Float32Array,
  route: Route,
  theme: Theme,
  width: number,
): void {
  const finite = scores.filter(Number.isFinite);
  let low = 0;
  let high = 0;
  for (const score of finite) {
    low = Math.min(low, score);
    high = Math.max(high, score);
  }
  const context = fitCanvas(canvas, width, HEIGHT + 14);
  const slot = width / scores.length;
  const y = (score: number): number => HEIGHT - (HEIGHT * (score - low)) / (high - low || 1);
  scores.forEach((score, expert) => {
    const x = expert * slot;
    const bar = Math.max(1, slot - 1);
    if (score === Number.NEGATIVE_INFINITY) {
      context.fillStyle = theme.mask;
      context.fillRect(x, 0, bar, HEIGHT);
      return;
    }
    context.fillStyle = route.experts.includes(expert) ? theme.selection : theme.data;
    context.fillRect(x, Math.min(y(score), y(0)), bar, Math.max(1, Math.abs(y(score) - y(0))));
  });
  context.fillStyle = theme.muted;
  context.font = `10px ${theme.font}`;
  context.textBaseline = "top";
  context.textAlign = "left";
  context.fillText("0", 0, HEIGHT + 3);
  context.textAlign = "right";
  context.fillText(String(scores.length - 1), width, HEIGHT + 3);
  canvas.setAttribute("aria-label", `Scores of ${scores.length} experts`);
}
