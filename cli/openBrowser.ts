/** Opens an address in the default browser. A machine without one is no error: the address has been printed. */
export async function openBrowser(url: string): Promise<void> {
  try {
    const { default: open } = await import("open");
    const child = await open(url);
    child.on("error", () => {}); // no browser to start
    child.unref();
  } catch {
    // no browser to start
  }
}
