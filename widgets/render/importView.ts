import type { AfmView } from "./afm.ts";

const modules = new Map<string, Promise<{ readonly default: AfmView }>>();

/** The view that a module's code exports; a page imports each code once. */
export async function importView(code: string): Promise<AfmView> {
  let loading = modules.get(code);
  if (loading === undefined) {
    const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    loading = import(url) as Promise<{ readonly default: AfmView }>;
    modules.set(code, loading);
  }
  return (await loading).default;
}
