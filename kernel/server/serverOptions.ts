import type { HeldObserver } from "./channels/channelHub.ts";
import type { PieceObserver } from "./contents/filePieces.ts";
import type { SaveObserver } from "./contents/saveStep.ts";
import type { JsonProcessOptions } from "./json/jsonProcess.ts";
import type { CullClock } from "./kernels/cullClock.ts";
import type { KernelSpec } from "./kernels/kernelSpec.ts";
import type { ServerLog } from "./serverLog.ts";

export interface CullOptions {
  /** Since the last message from or to the kernel, or the end of its start. */
  readonly idleTimeoutMs: number;
  /** True shuts down kernels that a page is connected to, too. */
  readonly connected: boolean;
  /** The system's unless given: with its own, a test need not wait for time to pass. */
  readonly clock?: CullClock;
}

export interface ServerOptions {
  /** The folder whose notebooks and files are served; it need not be writable. Nothing outside it can be read or written. */
  readonly root: string;
  /** A port that must be free; without it the first free one from 8888 on is taken. 0 asks the system for one. */
  readonly port?: number;
  /** The address to listen on; both loopbacks, `127.0.0.1` and `::1`, unless given, and for `localhost`. */
  readonly ip?: string;
  /** The path that all addresses begin with, for a proxy that passes on what is below it; `/` unless given. */
  readonly baseUrl?: string;
  /** A random one is made unless given. An empty string is refused, a short one too where other computers can ask. */
  readonly token?: string;
  /** Opens the login page, beside the token; without it the one that `storePassword` kept does, if there is one. */
  readonly password?: string;
  /** Files in PEM: the server then speaks HTTPS alone, and its cookies are Secure. */
  readonly tls?: { readonly certfile: string; readonly keyfile: string };
  /** Kernels that nobody used for so long are shut down. They are kept unless given. */
  readonly cull?: CullOptions;
  /** What the JupyterLab build wrote: `static/`, `themes/`, `schemas.json`, `overrides.json`, `page.json`. */
  readonly labDir: string;
  /**
   * Specs by name that are offered beside the installed ones and win over them. The first is the default.
   * Without a `vitrine` entry the kernel of this package (`kernel.js` beside `labDir`) is offered under that name.
   */
  readonly kernelspecs?: Readonly<Record<string, KernelSpec>>;
  /** False leaves out the kernelspecs found in Jupyter's data folders. True unless given. */
  readonly installedKernelspecs?: boolean;
  /** False deletes files for good, as happens on Windows and the Mac anyway. True unless given. */
  readonly deleteToTrash?: boolean;
  /** Notebooks that come with the package, offered in the launcher; none unless given. */
  readonly notebooksDir?: string;
  /** Where `/` leads, `/lab` unless given; for example `/lab/tree/notebooks/01-first-look.ipynb`. */
  readonly defaultUrl?: string;
  /** Where user settings and workspaces are kept; a folder of the user's configuration directory unless given. */
  readonly configDir?: string;
  /** How long JSON is worked on; `json-process.js` beside `labDir` unless given. */
  readonly json?: JsonProcessOptions;
  /** Told where every save of a file or a checkpoint is, so that a test can stop the process there. */
  readonly onSaveStep?: SaveObserver;
  /** Told of every piece of a file that is read to be copied, hashed or sent, so that a test can count what is held. */
  readonly onPiece?: PieceObserver;
  /** Told what waits in memory for a client of a kernel whenever it becomes more, so that a test can count it. */
  readonly onHeld?: HeldObserver;
  readonly onListening?: (server: RunningServer) => void;
  readonly log: ServerLog;
}

export interface RunningServer {
  /** The address to open, with the token: `http://127.0.0.1:8888/lab?token=...`. */
  readonly url: string;
  /** The address without token, ending in a slash; with the base path, if there is one. */
  readonly baseUrl: string;
  readonly token: string;
  readonly port: number;
  /** False where nothing in the root can be saved. */
  readonly isWritable: boolean;
  /**
   * Declares the outputs of a notebook, named relative to the root, safe to show in full. For notebooks this package
   * brings along: JupyterLab shows untrusted ones without their SVG pictures and widgets.
   */
  trust(path: string): Promise<void>;
  /** Stops listening, closes every connection, shuts every kernel down and waits until its process is gone. */
  close(): Promise<void>;
}
