/** Prints Node's warnings without the process id, and leaves out the one about how this kernel imports modules. */
export function showNodeWarnings(): void {
  process.removeAllListeners("warning");
  process.on("warning", ({ name, message }) => {
    if (name === "ExperimentalWarning" && message.includes("USE_MAIN_CONTEXT_DEFAULT_LOADER"))
      return;
    process.stderr.write(`${name}: ${message}\n`);
  });
}
