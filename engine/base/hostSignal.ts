const HOST = Symbol.for("vitrine.kernelHost");

/**
 * The caller's signal joined with that of the process the engine runs in, which may offer one on globalThis that fires
 * when the user interrupts the code that is running (a notebook's cell).
 */
export function withHostSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  const host = (globalThis as { [HOST]?: { readonly interruptSignal?: unknown } })[HOST];
  const interrupt = host?.interruptSignal;
  if (!(interrupt instanceof AbortSignal)) return signal;
  return signal === undefined ? interrupt : AbortSignal.any([signal, interrupt]);
}
