import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { addressOf } from "./basePath.ts";

/** What `labDir/page.json` may hold: entries of JupyterLab's page config that the bundle decides, e.g. `appVersion`. */
export type LabPageConfig = Readonly<Record<string, unknown>>;

export interface LabPageRequest {
  /** The served folder, absolute. */
  readonly root: string;
  /** Path of the document to open, relative to the root, or "". */
  readonly treePath: string;
  /** Name of the workspace, `default` unless the address says otherwise. */
  readonly workspace: string;
  readonly mode: "multiple-document" | "single-document";
  /** Whether the page may say that what it deletes goes to the trash. */
  readonly hasTrash: boolean;
  readonly basePath: string;
}

const LAB_PATHS = {
  appUrl: "/lab",
  staticUrl: "/static/lab",
  settingsUrl: "/lab/api/settings",
  themesUrl: "/lab/api/themes",
  workspacesApiUrl: "/lab/api/workspaces",
  translationsApiUrl: "/lab/api/translations",
  listingsUrl: "/lab/api/listings",
  treeUrl: "/lab/tree",
} as const;

/** What stands under `full...` begins with the base path; JupyterLab puts it before the others itself. */
function fullPaths(basePath: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(LAB_PATHS).map(([name, path]) => [
      `full${name[0]?.toUpperCase()}${name.slice(1)}`,
      addressOf(basePath, path),
    ]),
  );
}

/** The page config that JupyterLab reads from `#jupyter-config-data`. It never holds the token: the cookie does. */
export function labPageConfig(
  request: LabPageRequest,
  bundle: LabPageConfig,
): Record<string, unknown> {
  return {
    appName: "Vitrine",
    appNamespace: "lab",
    appVersion: "4.6.4",
    baseUrl: request.basePath,
    wsUrl: "",
    token: "",
    ...LAB_PATHS,
    ...fullPaths(request.basePath),
    mode: request.mode,
    workspace: request.workspace,
    treePath: request.treePath,
    serverRoot: request.root,
    preferredPath: "",
    delete_to_trash: request.hasTrash,
    rootUri: "",
    virtualDocumentsUri: "",
    store_id: 0,
    cacheFiles: false,
    devMode: "false",
    exposeAppInBrowser: false,
    buildAvailable: false,
    buildCheck: false,
    terminalsAvailable: false,
    quitButton: false,
    notebookStartsKernel: true,
    news: { disabled: true },
    federated_extensions: [],
    disabledExtensions: [
      "@jupyterlab/fileeditor-extension:language-server",
      "@jupyterlab/notebook-extension:language-server",
      "@jupyterlab/inspector-extension:consoles",
      "@jupyterlab/tooltip-extension:consoles",
    ],
    ...bundle,
  };
}

/** Reads `page.json` of the bundle; a bundle without one has nothing to add. */
export async function readBundleConfig(labDir: string): Promise<LabPageConfig> {
  try {
    return JSON.parse(await readFile(join(labDir, "page.json"), "utf8")) as LabPageConfig;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

/** The HTML of `/lab`: the config as JSON, the bundle's one style sheet and its one module. */
export function labPageHtml(config: Record<string, unknown>, basePath = "/"): string {
  const json = JSON.stringify(config).replaceAll("<", "\\u003c");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Vitrine</title>
<link rel="icon" href="data:,">
<script id="jupyter-config-data" type="application/json">${json}</script>
<link rel="stylesheet" href="${addressOf(basePath, "/static/lab/main.css")}">
<script type="module" src="${addressOf(basePath, "/static/lab/main.js")}"></script>
</head>
<body></body>
</html>
`;
}
