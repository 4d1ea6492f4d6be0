import { readFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";

/**
 * What the variables that Hugging Face's own tools read say, read as huggingface_hub does. Paths may begin with ~ and hold
 * variables, since files of settings are often read without a shell.
 */
export const hubEnvironment = {
  /** Where the hub is, without a slash at the end: HF_ENDPOINT. */
  get endpoint(): string {
    return (variable("HF_ENDPOINT") ?? "https://huggingface.co").replace(/\/+$/, "");
  },

  /** The folder of repositories: HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, or hub in HF_HOME. */
  get cacheFolder(): string {
    const given = variable("HF_HUB_CACHE") ?? variable("HUGGINGFACE_HUB_CACHE");
    return given === undefined ? join(home(), "hub") : expanded(given);
  },

  /** Where `hf auth login` keeps a token: HF_TOKEN_PATH, or token in HF_HOME. */
  get tokenPath(): string {
    const given = variable("HF_TOKEN_PATH");
    return given === undefined ? join(home(), "token") : expanded(given);
  },

  /** HF_TOKEN, HUGGING_FACE_HUB_TOKEN or what `hf auth login` saved; null with HF_HUB_DISABLE_IMPLICIT_TOKEN. */
  get token(): string | null {
    if (isSet("HF_HUB_DISABLE_IMPLICIT_TOKEN")) return null;
    const given = variable("HF_TOKEN") ?? variable("HUGGING_FACE_HUB_TOKEN");
    return cleaned(given ?? "") ?? cleaned(savedToken(this.tokenPath));
  },

  /** HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE. */
  get isOffline(): boolean {
    return isSet(
      variable("HF_HUB_OFFLINE") === undefined ? "TRANSFORMERS_OFFLINE" : "HF_HUB_OFFLINE",
    );
  },
};

function home(): string {
  const given = variable("HF_HOME");
  if (given !== undefined) return expanded(given);
  return expanded(join(variable("XDG_CACHE_HOME") ?? join(homedir(), ".cache"), "huggingface"));
}

/** A path with ~ as the home folder and variables that are set in their places; others stay as they are. */
function expanded(path: string): string {
  const tilde = /^~([^/\\]*)/.exec(path);
  const isOwn = tilde !== null && (tilde[1] === "" || tilde[1] === userInfo().username);
  const atHome = isOwn ? homedir() + path.slice(tilde[0].length) : path;
  return atHome.replace(
    /\$(\w+)|\$\{([^}]*)\}/g,
    (written, plain?: string, braced?: string) => process.env[plain ?? braced ?? ""] ?? written,
  );
}

function savedToken(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // nobody logged in
  }
}

function cleaned(token: string): string | null {
  return token.replace(/[\r\n]/g, "").trim() || null;
}

/** Set to something; an empty variable is as good as none. */
function variable(name: string): string | undefined {
  return process.env[name] || undefined;
}

function isSet(name: string): boolean {
  return ["1", "true", "yes", "on"].includes((process.env[name] ?? "").toLowerCase());
}
