/** The part of JupyterLab's session context that is used here. */
interface SessionContext {
  readonly type: string;
  /** Resolves once there is a kernel, or one could not be started; never while one has to be chosen. */
  readonly ready: Promise<void>;
  readonly session: { readonly kernel: { readonly id: string } | null } | null;
  /** Resolves when the start is over, with whether a kernel has to be chosen. JupyterLab has no public name for it. */
  readonly _initPromise: { readonly promise: Promise<boolean> };
}

/** Waits until a document has its kernel, or none comes by itself. */
export async function kernelDecided(context: SessionContext): Promise<void> {
  await Promise.race([context.ready, context._initPromise.promise]);
}

const namesWithoutKernel = new WeakMap<SessionContext, string>();
let nWithoutKernel = 0;

/**
 * What the widget manager of a document is found by: its kernel's id, or a name of its own where a notebook has no kernel, so
 * that its saved widgets are shown all the same. A console waits: it has nothing saved.
 */
export async function widgetManagerOwner(context: SessionContext): Promise<string> {
  await (context.type === "notebook" ? kernelDecided(context) : context.ready);
  const kernelId = context.session?.kernel?.id;
  if (kernelId !== undefined) return kernelId;
  const name = namesWithoutKernel.get(context) ?? `no kernel ${++nWithoutKernel}`;
  namesWithoutKernel.set(context, name);
  return name;
}
