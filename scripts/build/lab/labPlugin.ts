import { readFileSync } from "node:fs";
import type { OnResolveArgs, Plugin, PluginBuild } from "esbuild";
import { inRepository, repositoryRoot } from "../repository.ts";
import { applyRewrite, rewriteImports, sourceRewrites } from "./sourceRewrites.ts";

const escaped = (text: string): RegExp =>
  new RegExp(`${text.replace(/[.]/g, "\\.").replace(/\//g, "[\\\\/]")}$`);

const sameRequest = ({ kind, resolveDir, importer }: OnResolveArgs) => ({
  kind,
  resolveDir,
  importer,
});

/** Style sheets and icons the way JupyterLab's own builder treats them. */
function resolveAssets(build: PluginBuild): void {
  build.onResolve({ filter: /^~/ }, (request) =>
    build.resolve(request.path.slice(1), sameRequest(request)),
  );
  build.onLoad({ filter: /\.raw\.css$/ }, ({ path }) => ({
    contents: readFileSync(path, "utf8"),
    loader: "text",
  }));
  // Every browser that runs JupyterLab reads woff2: the older copies of the icon fonts stay out.
  build.onResolve({ filter: /\.(eot|ttf|woff|svg)([?#].*)?$/ }, (request) =>
    request.kind === "url-token" && request.importer.includes("fontawesome")
      ? { path: "data:,", external: true }
      : undefined,
  );
  // An svg is text where JavaScript imports it, and an address where a style sheet does.
  build.onResolve({ filter: /\.svg([?#].*)?$/ }, async (request) => {
    if (request.kind !== "url-token" || request.pluginData === "resolved") return undefined;
    const resolved = await build.resolve(request.path.replace(/[?#].*$/, ""), {
      ...sameRequest(request),
      pluginData: "resolved",
    });
    return resolved.errors.length > 0 ? resolved : { path: resolved.path, namespace: "svg-url" };
  });
  build.onLoad({ filter: /.*/, namespace: "svg-url" }, ({ path }) => ({
    contents: readFileSync(path),
    loader: "dataurl",
  }));
}

/** For style sheets that are bundled apart from the application. */
export const themePlugin: Plugin = { name: "jupyterlab-theme", setup: resolveAssets };

/** Everything esbuild must be told to bundle JupyterLab; checks that each rewrite met its file. */
export function labPlugin(packagesModule: string): Plugin {
  return {
    name: "jupyterlab",
    setup(build) {
      const met = new Set<string>();
      build.onResolve({ filter: /^vitrine:lab-packages$/ }, () => ({
        path: "lab-packages",
        namespace: "vitrine",
      }));
      build.onLoad({ filter: /.*/, namespace: "vitrine" }, () => ({
        contents: packagesModule,
        resolveDir: repositoryRoot,
        loader: "js",
      }));
      // Our widget renderer stands in for the manager's: see widgets/lab/widgetRenderer.ts.
      build.onResolve({ filter: /^\.\/renderer$/ }, ({ importer }) =>
        /[\\/]jupyterlab-manager[\\/]lib[\\/]/.test(importer)
          ? { path: inRepository("widgets/lab/widgetRenderer.ts") }
          : undefined,
      );
      for (const [name, path] of rewriteImports) {
        build.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: inRepository(path) }));
      }
      resolveAssets(build);
      for (const entry of sourceRewrites) {
        build.onLoad({ filter: escaped(entry.file) }, ({ path }) => {
          met.add(entry.file);
          return { contents: applyRewrite(entry, readFileSync(path, "utf8")), loader: "js" };
        });
      }
      build.onEnd(({ errors }) => {
        const missed = sourceRewrites.filter(({ file }) => !met.has(file));
        if (errors.length > 0 || missed.length === 0) return undefined;
        const files = missed.map(({ file }) => file).join(", ");
        return { errors: [{ text: `lab: expected the bundle to contain ${files}, got neither.` }] };
      });
    },
  };
}
