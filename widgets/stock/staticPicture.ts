import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";

/** Raster types whose data a notebook keeps in base64, best first. */
const RASTER_TYPES = ["image/png", "image/jpeg", "image/gif"];

const joined = (value: unknown): string | null => {
  if (typeof value === "string") return value;
  return Array.isArray(value) ? value.join("") : null;
};

function imageElement(source: string, alternative: string): HTMLImageElement {
  const image = document.createElement("img");
  image.src = source;
  image.alt = alternative;
  return image;
}

/**
 * Styles for a dark system in a picture become styles for a dark page: an image sees the system alone.
 * @see widgets/render/staticSvg.ts
 */
function forPage(svg: string, isDark: boolean): string {
  return svg.replaceAll("(prefers-color-scheme:dark)", isDark ? "all" : "not all");
}

/**
 * The picture that a MIME bundle carries beside its widget: SVG, else a raster image, else text. An SVG is shown as an
 * image, where its scripts do not run, so that a notebook of unknown origin can be shown too.
 * @param isDark whether the page is
 * @returns null when the bundle has none of them
 */
export function staticPicture(model: IRenderMime.IMimeModel, isDark: boolean): HTMLElement | null {
  const text = joined(model.data["text/plain"]);
  const alternative = text ?? "Picture of a widget";
  const svg = joined(model.data["image/svg+xml"]);
  if (svg !== null) {
    return imageElement(
      `data:image/svg+xml,${encodeURIComponent(forPage(svg, isDark))}`,
      alternative,
    );
  }
  for (const type of RASTER_TYPES) {
    const base64 = joined(model.data[type]);
    if (base64 !== null) return imageElement(`data:${type};base64,${base64}`, alternative);
  }
  if (text === null) return null;
  const block = document.createElement("pre");
  block.textContent = text;
  return block;
}
