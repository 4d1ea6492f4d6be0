/**
 * Places where a published package assumes webpack or an AMD loader, or decides what this application decides
 * otherwise. Every pattern must be found: a new version of the package that reads differently stops the build instead
 * of breaking in the page.
 */
export interface SourceRewrite {
  /** End of the file's slash-separated path. */
  readonly file: string;
  readonly replacements: readonly {
    readonly why: string;
    readonly pattern: RegExp;
    readonly replacement: string;
  }[];
}

/** What rewritten sources import, and where it lies. */
export const rewriteImports: readonly (readonly [name: string, path: string])[] = [
  ["vitrine:kernel-decided", "widgets/lab/kernelDecided.ts"],
  ["vitrine:saved-widget-state", "widgets/offline/savedWidgetState.ts"],
  ["vitrine:settings-validator", "widgets/lab/settingsValidator.ts"],
];

export const sourceRewrites: readonly SourceRewrite[] = [
  {
    file: "@jupyterlab/mathjax-extension/lib/index.js",
    replacements: [
      {
        why: "a dynamic import of a CommonJS module has its names on `default` here",
        pattern: /import\(('mathjax-full\/[^']+')\)/g,
        replacement: "import($1).then((module) => module.default ?? module)",
      },
    ],
  },
  {
    file: "@jupyter-widgets/jupyterlab-manager/lib/plugin.js",
    replacements: [
      {
        why: "require.ensure is webpack's",
        pattern: /require\.ensure\([\s\S]*?'@jupyter-widgets\/controls'\);/g,
        replacement: "import('@jupyter-widgets/controls').then(resolve, reject);",
      },
      {
        why: "our renderer shows untrusted outputs as images, which is safe",
        pattern: /safe: false,(\s*mimeTypes: \[WIDGET_VIEW_MIMETYPE\])/g,
        replacement: "safe: true,$1",
      },
      {
        why: "a notebook without a kernel has saved widgets: see widgets/lab/kernelDecided.ts",
        pattern: /^import /m,
        replacement: "import { widgetManagerOwner } from 'vitrine:kernel-decided';\nimport ",
      },
      {
        why: "the same",
        pattern: /await sessionContext\.ready;\s*return sessionContext\.session\.kernel\.id;/g,
        replacement: "return widgetManagerOwner(sessionContext);",
      },
    ],
  },
  {
    file: "@jupyter-widgets/jupyterlab-manager/lib/manager.js",
    replacements: [
      {
        why: "what is saved and what is loaded is decided in widgets/offline/savedWidgetState.ts",
        pattern: /^import /m,
        replacement:
          "import { kernelDecided } from 'vitrine:kernel-decided';\nimport { saveWidgetState, trustsSavedWidgets } from 'vitrine:saved-widget-state';\nimport ",
      },
      {
        why: "what is saved does not wait for a kernel that nobody has chosen yet",
        pattern: /await this\.context\.sessionContext\.ready;/g,
        replacement: "await kernelDecided(this.context.sessionContext);",
      },
      {
        why: "without a kernel no model has a comm",
        pattern:
          /(_get_comm_info\(\) \{\s*const kernel = this\.kernel;\s*if \(!kernel\) \{\s*)throw new Error\('No current kernel'\);/g,
        replacement: "$1return {};",
      },
      {
        why: "without a kernel there is what was saved",
        pattern: /if \(loadKernel\) \{/g,
        replacement: "if (loadKernel && this.kernel) {",
      },
      {
        why: "state of what is shown without a picture, disconnected widgets among them",
        pattern: /( {4}_saveState\(\) \{)[\s\S]*?(\n {4}\}\n {4}_handleKernelConnection)/g,
        replacement:
          "$1\n        saveWidgetState(serialize_state([...this._modelsSync.values()], { drop_defaults: true }), this._context.model);$2",
      },
      {
        why: "saved state can hold code, which waits until the notebook is trusted",
        pattern: /if \(widget_md && widget_md\[WIDGET_STATE_MIMETYPE\]\)/g,
        replacement:
          "if (widget_md && widget_md[WIDGET_STATE_MIMETYPE] && trustsSavedWidgets(notebook))",
      },
      {
        why: "opening a notebook changes nothing in it",
        pattern: /if \(this\._settings\.saveState\) \{/g,
        replacement: "if (this._settings.saveState && this._restoredStatus) {",
      },
    ],
  },
  {
    file: "@jupyterlab/docregistry/lib/context.js",
    replacements: [
      {
        why: "a save that begins while another is on its way takes what that one wrote for somebody else's",
        pattern: /async _save\(\) \{\n/g,
        replacement: `_save() {
        const save = () => this._saveAlone();
        this._lastSave = (this._lastSave ?? Promise.resolve()).then(save, save);
        return this._lastSave;
    }
    async _saveAlone() {
`,
      },
    ],
  },
  {
    file: "@jupyterlab/settingregistry/lib/settingregistry.js",
    replacements: [
      {
        why: "settings that nobody has changed need no schema: see widgets/lab/settingsValidator.ts",
        pattern: /^import /m,
        replacement: "import { SettingsValidator } from 'vitrine:settings-validator';\nimport ",
      },
      {
        why: "the same",
        pattern: /options\.validator \|\| new DefaultSchemaValidator\(\)/g,
        replacement: "options.validator || new SettingsValidator(new DefaultSchemaValidator())",
      },
    ],
  },
  {
    file: "/anywidget/dist/index.js",
    replacements: [
      {
        why: "the module ends in an AMD define",
        pattern: /\ndefine\(\["@jupyter-widgets\/base"\], (\w+)\);\s*$/g,
        replacement: "\nexport default $1;\n",
      },
      {
        why: "a widget whose code took more than two seconds to load would never hear of its kernel again",
        pattern: /resolvers\.reject\(new Error\("\[anywidget\] Failed to initialize model\."\)\)/g,
        replacement: "resolvers.resolve()",
      },
    ],
  },
];

/** Applies every replacement, or throws when the text of one is not there. */
export function applyRewrite({ file, replacements }: SourceRewrite, source: string): string {
  return replacements.reduce((text, { why, pattern, replacement }) => {
    const rewritten = text.replace(pattern, replacement);
    if (rewritten !== text) return rewritten;
    throw new Error(
      `lab: expected ${file} to hold ${pattern} (${why}), got another version. Update scripts/build/lab/sourceRewrites.ts.`,
    );
  }, source);
}
