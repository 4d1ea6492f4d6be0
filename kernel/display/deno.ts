import { readFileSync } from "node:fs";
import { KernelError } from "../errors.ts";
import { toMimeBundle } from "./bundle.ts";
import { DISPLAY, type Displayable, kernelHost, type MimeBundle } from "./host.ts";

/**
 * `Deno` of notebooks written for Deno's kernel: `Deno.jupyter` alone.
 * @see https://docs.deno.com/api/deno/~/Deno.jupyter
 */

interface DisplayOptions {
  /** The value is MIME data already. */
  readonly raw?: boolean;
  readonly display_id?: string;
  readonly update?: boolean;
}

const displayable = (bundle: MimeBundle): Displayable => ({ [DISPLAY]: () => bundle });

/** A tagged template whose text is shown as this kind. */
function template(mimeType: string) {
  return (strings: TemplateStringsArray, ...values: unknown[]): Displayable => {
    const text = strings.reduce(
      (before, string, index) => `${before}${values[index - 1] ?? ""}${string}`,
    );
    return displayable({ [mimeType]: text });
  };
}

/** @param data bytes of a PNG or JPEG file, or its path */
function image(data: string | Uint8Array): Displayable {
  const bytes = typeof data === "string" ? readFileSync(data) : data;
  const kind = bytes[0] === 0x89 && bytes[1] === 0x50 ? "png" : bytes[0] === 0xff ? "jpeg" : null;
  if (kind === null) {
    throw new KernelError(
      "ERR_DENO",
      "Deno.jupyter.image: expected a PNG or JPEG file, got other bytes. Show them with displayRaw and their MIME type.",
    );
  }
  return displayable({ [`image/${kind}`]: bytes });
}

async function display(value: unknown, options: DisplayOptions = {}): Promise<void> {
  const bundle = options.raw === true ? (value as MimeBundle) : await toMimeBundle(value);
  const { display_id: displayId, update } = options;
  const host = kernelHost();
  if (host === null) {
    throw new KernelError(
      "ERR_DENO",
      "Deno.jupyter.display: expected to run in a notebook, got a plain process. Run it in a cell.",
    );
  }
  host.display(bundle, {
    ...(displayId === undefined ? {} : { displayId }),
    ...(update === undefined ? {} : { update }),
  });
}

const jupyter = {
  $display: DISPLAY,
  display,
  format: toMimeBundle,
  html: template("text/html"),
  md: template("text/markdown"),
  svg: template("image/svg+xml"),
  image,
};

/** Refuses by name what is not there, rather than to be undefined. Whoever awaits it may ask for `then`. */
function withoutOthers<Target extends object>(path: string, target: Target, fix: string): Target {
  const has = Object.keys(target).join(", ");
  const shown = displayable({ "text/plain": `${path} { ${has} }` });
  return new Proxy(Object.freeze({ ...target, ...shown }), {
    get(members, name) {
      if (typeof name === "symbol" || name === "then" || Object.hasOwn(members, name)) {
        return Reflect.get(members, name) as unknown;
      }
      throw new KernelError(
        "ERR_DENO",
        `${path}.${name}: expected what this kernel has of ${path} (${has}), got another name. ${fix}`,
      );
    },
  });
}

export const Deno = withoutOthers(
  "Deno",
  {
    jupyter: withoutOthers("Deno.jupyter", jupyter, "Show things with display or displayRaw."),
  },
  "Cells run in Node: use its modules, such as node:fs and node:process.",
);
