/** What to take from the hub. */
export interface HubModel {
  readonly repository: string;
  /** A branch, tag or commit. */
  readonly revision: string;
  /** One GGUF file of the repository, rather than a checkpoint in Hugging Face's layout. */
  readonly file?: string;
  /** How the GGUF file to take is quantized, as its name says: Q4_K_M. */
  readonly quant?: string;
}

/** Models that were on the hub before it had organizations, and where they are now. */
const CANONICAL: Readonly<Record<string, string>> = {
  distilgpt2: "distilbert/distilgpt2",
  gpt2: "openai-community/gpt2",
  "gpt2-medium": "openai-community/gpt2-medium",
  "gpt2-large": "openai-community/gpt2-large",
  "gpt2-xl": "openai-community/gpt2-xl",
};

const NAME = String.raw`[\w-][\w.-]*`;
const ID = new RegExp(
  String.raw`^(?<repository>${NAME}\/${NAME})(?<file>(?:\/[\w.-]+)*\.gguf)?(?::(?<quant>[\w.-]+))?(?:@(?<revision>[\w-][\w./-]*))?$`,
);
/** The hub's pages of a model: its files at a revision, and one of them. */
const PAGE = new RegExp(
  String.raw`^(?<repository>${NAME}\/${NAME})\/(?<kind>tree|blob|resolve|raw|commit)\/(?<revision>[^/]+)(?<file>\/.*)?$`,
);

/**
 * Reads what people call a model of the hub: org/name, org/name@revision, org/name:Q4_K_M, org/name/file.gguf, its address
 * (of a revision or a file too), or the name of a model that is older than organizations (gpt2).
 * @param endpoint where the hub is
 * @returns null where it is no such name; a sentence that says what to type, where it names something else on the hub
 */
export function hubName(given: string, endpoint: string): HubModel | string | null {
  const path = addressPath(given, endpoint);
  if (path !== null) return ofAddress(path);
  const [, name = "", rest = ""] = /^([^@:]*)(.*)$/.exec(given) ?? [];
  const id = Object.hasOwn(CANONICAL, name) ? `${CANONICAL[name]}${rest}` : given;
  const found = ID.exec(id)?.groups;
  if (found === undefined || id.includes("..")) return null;
  const { repository = "", file, quant, revision = "main" } = found;
  return {
    repository,
    revision,
    ...(file && { file: file.slice(1) }),
    ...(quant && !file && { quant }),
  };
}

/** What follows the hub's host in an address, without query; null where the text is no address of the hub. */
function addressPath(given: string, endpoint: string): string | null {
  const found = /^(?:(https?|hf):\/\/)?(.*)$/i.exec(given.trim());
  const [, scheme, rest = ""] = found ?? [];
  const path = rest.replace(/[?#].*$/, "");
  if (scheme?.toLowerCase() === "hf") return path.replace(/^models\//, "");
  const own = endpoint.replace(/^https?:\/\//i, "");
  for (const host of ["huggingface.co", "www.huggingface.co", "hf.co", own])
    if (path.toLowerCase().startsWith(`${host.toLowerCase()}/`)) return path.slice(host.length + 1);
  return null;
}

function ofAddress(path: string): HubModel | string | null {
  if (/^(datasets|spaces)\//.test(path))
    return `Expected a model, got one of the hub's ${path.split("/")[0]}. Name a model: org/name.`;
  const found = PAGE.exec(path)?.groups;
  if (found === undefined) return hubName(path.replace(/\/$/, ""), "");
  const { repository = "", kind, revision = "main", file = "" } = found;
  const inside = decode(file.replace(/^\/|\/$/g, ""));
  const model = { repository, revision: decode(revision) };
  if (/\.\./.test(`${model.revision}/${inside}`)) return null;
  if (/\.gguf$/i.test(inside)) return { ...model, file: inside };
  if (inside === "" || (kind !== "tree" && !inside.includes("/"))) return model;
  const at = model.revision === "main" ? "" : `@${model.revision}`;
  return `Expected a model at the root of its repository, got the address of ${inside} in it. Type ${repository}${at}.`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
