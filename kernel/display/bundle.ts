import { inspect } from "node:util";
import { DISPLAY, type Displayable, type MimeBundle } from "./host.ts";

/**
 * How a value is shown: by its own `[Symbol.for("Jupyter.display")]()`, else as text. Binary data in a bundle
 * becomes base64, as Jupyter wants it.
 */
export async function toMimeBundle(value: unknown): Promise<MimeBundle> {
  if (!isDisplayable(value)) return { "text/plain": inspect(value, { depth: 4 }) };
  return encodeBinary(await value[DISPLAY]());
}

/** A bundle with its Uint8Arrays in base64. */
export function encodeBinary(bundle: MimeBundle): MimeBundle {
  return Object.fromEntries(
    Object.entries(bundle).map(([mime, data]) => [
      mime,
      data instanceof Uint8Array ? Buffer.from(data).toString("base64") : data,
    ]),
  );
}

function isDisplayable(value: unknown): value is Displayable {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") &&
    typeof (value as Partial<Displayable>)[DISPLAY] === "function"
  );
}
