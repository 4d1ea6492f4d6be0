/** What scripts/build/lab/labPackages.ts generates from package.json. */
declare module "vitrine:lab-packages" {
  /** Name of the package and its module, whose default export is a plugin or a list of plugins. */
  export const extensions: readonly (readonly [name: string, module: unknown])[];
  export const mimeExtensions: readonly (readonly [name: string, module: unknown])[];
}

declare module "anywidget" {
  /** Makes AnyModel and AnyView from the widgets' base package. */
  const anywidget: (base: typeof import("@jupyter-widgets/base")) => Record<string, unknown>;
  export default anywidget;
}

declare module "*.css";

declare module "*.svg" {
  const text: string;
  export default text;
}
