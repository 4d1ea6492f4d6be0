import { escapeHtml } from "./escapeHtml.ts";
import { type HeatmapSize, heatmap } from "./heatmap.ts";
import type { NumericArray } from "./numericArray.ts";

const MAX_SIDE = 256;
const SHOWN_SIDE = 240;
/** Most pixels of all slices together; each is drawn coarser, down to a least side, before slices are left out. */
const MAX_PIXELS = 2 ** 17;
const LEAST_SIDE = 48;

/**
 * The last two axes as a heatmap. Where there are others, the picture says which slice of them it is, and a slider draws
 * another: all slices are in the HTML, on one scale, so that it works in a saved page too.
 * @param scale the absolute value that is drawn in full colour
 */
export function choosableHeatmap({ data, shape, dims }: NumericArray, scale: number): string {
  const leading = shape.slice(0, -2);
  const nSlices = leading.reduce((product, length) => product * length, 1);
  const [height = 1, width = 1] = shape.slice(-2);
  const even = Math.floor(Math.sqrt(MAX_PIXELS / nSlices));
  const side = nSlices === 1 ? MAX_SIDE : Math.min(MAX_SIDE, Math.max(LEAST_SIDE, even));
  const size: HeatmapSize = {
    height,
    width,
    rows: Math.min(height, side),
    columns: Math.min(width, side),
  };
  const nDrawn = Math.min(
    nSlices,
    Math.max(1, Math.floor(MAX_PIXELS / (size.rows * size.columns))),
  );
  const pictures = Array.from({ length: nDrawn }, (_, slice) =>
    heatmap(data, slice * height * width, size, scale),
  );
  const coarse =
    size.rows < height || size.columns < width
      ? `${size.rows} of ${height} rows and ${size.columns} of ${width} columns are drawn`
      : "";
  const image = imageOf(pictures[0] ?? "", size);
  if (nSlices === 1) return coarse === "" ? image : `${image}<div>${coarse}</div>`;
  const name = (axis: number): string => dims[axis] || `axis ${axis}`;
  const [down, across] = [name(shape.length - 2), name(shape.length - 1)];
  const lengths = leading.map((length, axis) => `${dims[axis] ? `${dims[axis]} ` : ""}${length}`);
  const notes = [
    `${down} down, ${across} across`,
    ...(nDrawn < nSlices ? [`the first ${nDrawn} of ${nSlices} slices can be drawn here`] : []),
    ...(coarse === "" ? [] : [coarse]),
  ];
  return (
    `<figure style="margin:0" data-axes="${leading.join(" ")}" data-slices="${pictures.join(" ")}">${image}` +
    `<figcaption>slice <output>[${leading.map(() => 0).join(", ")}, :, :]</output> of ${escapeHtml(lengths.join(" × "))} ` +
    `<input type="range" min="0" max="${nDrawn - 1}" value="0" aria-label="slice" data-lm-suppress-shortcuts="true" ` +
    `style="vertical-align:middle" oninput="${escapeHtml(DRAW)}"> ` +
    `${escapeHtml(notes.join("; "))}</figcaption></figure>`
  );
}

/** What the slider does: shows its slice and says which that is. */
const DRAW = [
  "const f = this.closest('figure')",
  "const axes = f.dataset.axes.split(' ').map(Number)",
  "let rest = Number(this.value)",
  "f.querySelector('img').src = 'data:image/png;base64,' + f.dataset.slices.split(' ')[rest]",
  "const at = axes.map(() => 0)",
  "for (let a = axes.length - 1; a >= 0; a--) { at[a] = rest % axes[a]; rest = Math.floor(rest / axes[a]) }",
  "f.querySelector('output').value = '[' + [...at, ':', ':'].join(', ') + ']'",
].join("; ");

function imageOf(base64: string, { rows, columns }: HeatmapSize): string {
  const zoom = Math.max(1, Math.min(12, SHOWN_SIDE / Math.max(rows, columns)));
  const [width, height] = [Math.round(columns * zoom), Math.round(rows * zoom)];
  return `<img alt="heatmap" width="${width}" height="${height}" style="image-rendering:pixelated;max-width:100%" src="data:image/png;base64,${base64}">`;
}
