import { encodePng } from "../display/encodePng.ts";

/** The kernel's logo: a display case, three lit cells of an attention map inside. */
export const LOGO_SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">
  <rect x="4" y="4" width="56" height="56" rx="10" fill="#1f2a44"/>
  <path d="M14 14h36v36H14z" fill="none" stroke="#9fb4e8" stroke-width="3"/>
  <path d="M18 18h8v8h-8z" fill="#ffd166"/>
  <path d="M28 28h8v8h-8z" fill="#f78c6b"/>
  <path d="M38 38h8v8h-8z" fill="#ef476f"/>
</svg>
`;

type Colour = readonly [red: number, green: number, blue: number];
const CASE: Colour = [0x1f, 0x2a, 0x44];
const FRAME: Colour = [0x9f, 0xb4, 0xe8];
const CELLS: readonly Colour[] = [
  [0xff, 0xd1, 0x66],
  [0xf7, 0x8c, 0x6b],
  [0xef, 0x47, 0x6f],
];

/** The same picture as a PNG of `size` x `size` pixels. */
export function logoPng(size: number): Buffer {
  const pixels = new Uint8Array(size * size * 4);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const colour = logoColour((x + 0.5) * (64 / size), (y + 0.5) * (64 / size));
      if (colour !== null) pixels.set([...colour, 255], (y * size + x) * 4);
    }
  }
  return encodePng(size, size, pixels);
}

/** Colour at a point of the 64 x 64 drawing; null where it is transparent. */
function logoColour(x: number, y: number): Colour | null {
  const fromEdge = Math.min(x - 4, 60 - x, y - 4, 60 - y);
  if (fromEdge < 0) return null;
  const cornerX = Math.max(14 - x, x - 50, 0);
  const cornerY = Math.max(14 - y, y - 50, 0);
  if (Math.hypot(cornerX, cornerY) > 10) return null;
  for (const [index, colour] of CELLS.entries()) {
    const left = 18 + 10 * index;
    if (x >= left && x < left + 8 && y >= left && y < left + 8) return colour;
  }
  const fromFrame = Math.max(Math.abs(x - 32), Math.abs(y - 32)) - 18;
  return Math.abs(fromFrame) <= 1.5 ? FRAME : CASE;
}
