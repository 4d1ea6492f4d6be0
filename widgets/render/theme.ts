import { interpolateRgbBasis, rgb } from "d3";

/** Colours for canvases, which cannot use CSS variables. */
export interface Theme {
  readonly isDark: boolean;
  readonly ink: string;
  readonly muted: string;
  readonly faint: string;
  readonly ground: string;
  readonly mask: string;
  readonly data: string;
  readonly dataSoft: string;
  readonly selection: string;
  readonly font: string;
  readonly monospace: string;
  /** 256 RGB triples, even in lightness, from the ground (0) to full strength (255). */
  readonly ramp: Uint8ClampedArray;
}

const LIGHT_RAMP = ["#d9e8f5", "#9ecae1", "#4a98c9", "#1764ab", "#08306b"];
const DARK_RAMP = ["#1b3a57", "#1f5f94", "#3c8cc4", "#8fc3e8", "#eaf6ff"];

/** Is the page dark here? JupyterLab says so; elsewhere the nearest painted background does, else the system. */
function isDarkAt(node: HTMLElement): boolean {
  const lab = document.body.dataset.jpThemeLight;
  if (lab !== undefined) return lab === "false";
  for (let el: HTMLElement | null = node.parentElement; el; el = el.parentElement) {
    const colour = rgb(getComputedStyle(el).backgroundColor);
    if (colour.opacity > 0.5) return 0.299 * colour.r + 0.587 * colour.g + 0.114 * colour.b < 128;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Reads the theme that the root's CSS variables resolve to. */
export function readTheme(root: HTMLElement): Theme {
  const isDark = isDarkAt(root);
  root.dataset.vtTheme = isDark ? "dark" : "light";
  const style = getComputedStyle(root);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  const ground = read("--vt-ground");
  return {
    isDark,
    ground,
    ink: read("--vt-ink"),
    muted: read("--vt-muted"),
    faint: read("--vt-faint"),
    mask: read("--vt-mask"),
    data: read("--vt-data"),
    dataSoft: read("--vt-data-soft"),
    selection: read("--vt-selection"),
    font: read("--vt-font"),
    monospace: read("--vt-mono"),
    ramp: rampOf([rgb(ground).toString(), ...(isDark ? DARK_RAMP : LIGHT_RAMP)]),
  };
}

/** The colour at t in 0..1 as a CSS colour. */
export function rampColour(theme: Theme, t: number): string {
  const i = 3 * Math.round(255 * Math.min(1, Math.max(0, t)));
  return `rgb(${theme.ramp[i]},${theme.ramp[i + 1]},${theme.ramp[i + 2]})`;
}

/** The 256 colours of the ramp, for whoever draws thousands of cells. */
export function rampColours(theme: Theme): readonly string[] {
  return Array.from({ length: 256 }, (_, step) => rampColour(theme, step / 255));
}

/** Ink that can be read on the colour at t. */
export function inkOn(theme: Theme, t: number): string {
  return inkOnColour(rampColour(theme, t));
}

/** Black or white, whichever has more contrast to the colour: always 4.5 to 1 or more. */
export function inkOnColour(colour: string): string {
  const { r, g, b } = rgb(colour);
  const [red = 0, green = 0, blue = 0] = [r, g, b].map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : "#ffffff";
}

function rampOf(stops: string[]): Uint8ClampedArray {
  const colourAt = interpolateRgbBasis(stops);
  const ramp = new Uint8ClampedArray(256 * 3);
  for (let i = 0; i < 256; i++) {
    const { r, g, b } = rgb(colourAt(i / 255));
    ramp.set([r, g, b], i * 3);
  }
  return ramp;
}
