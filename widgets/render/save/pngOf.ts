import type { Drawing } from "./drawing.ts";

/** Pixels for each of the page: enough for a screen of any density, and for print. */
const DENSITY = 2;
/** No browser has larger canvases. */
const MOST_PIXELS = 16_384;

/** A drawing as PNG, twice as dense as the page, or less where that would be larger than a canvas can be. */
export async function pngOf({ svg, width, height }: Drawing): Promise<Blob> {
  const density = Math.min(DENSITY, MOST_PIXELS / Math.max(width, height));
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image(width, height);
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * density);
    canvas.height = Math.round(height * density);
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("This browser gives no 2D canvas.");
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (blob === null)
      throw new Error("This browser makes no PNG of so large a picture. Save SVG.");
    return blob;
  } finally {
    URL.revokeObjectURL(url);
  }
}
