/**
 * Places where a published package assumes webpack or an AMD loader. Each rewrite must find its text: a new version
 * of the package that reads differently stops the build instead of breaking in the page.
 */
export interface SourceRewrite {
  /** End of the file's slash-separated path. */
  readonly file: string;
  readonly why: string;
  rewrite(source: string): string;
}

export const sourceRewrites: readonly SourceRewrite[] = [
  {
    file: "@jupyterlab/mathjax-extension/lib/index.js",
    why: "a dynamic import of a CommonJS module has its names on `default` here",
    rewrite: (source) =>
      source.replace(
        /import\(('mathjax-full\/[^']+')\)/g,
        "import($1).then((module) => module.default ?? module)",
      ),
  },
  {
    file: "@jupyter-widgets/jupyterlab-manager/lib/plugin.js",
    why: "require.ensure is webpack's",
    rewrite: (source) =>
      source.replace(
        /require\.ensure\([\s\S]*?'@jupyter-widgets\/controls'\);/,
        "import('@jupyter-widgets/controls').then(resolve, reject);",
      ),
  },
  {
    file: "/anywidget/dist/index.js",
    why: "the module ends in an AMD define",
    rewrite: (source) =>
      source.replace(
        /\ndefine\(\["@jupyter-widgets\/base"\], (\w+)\);\s*$/,
        "\nexport default $1;\n",
      ),
  },
];

/** Applies the rewrite, or throws when its text is not there. */
export function applyRewrite({ file, why, rewrite }: SourceRewrite, source: string): string {
  const rewritten = rewrite(source);
  if (rewritten !== source) return rewritten;
  throw new Error(
    `lab: expected ${file} to hold the text to rewrite (${why}), got another version. Update scripts/build/lab/sourceRewrites.ts.`,
  );
}
