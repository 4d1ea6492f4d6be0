/** A kernelspec as `kernel.json` holds it, with the folder its logos lie in. */
export interface KernelSpec {
  /** The command; `{connection_file}` and `{resource_dir}` are replaced. */
  readonly argv: readonly string[];
  readonly displayName: string;
  readonly language: string;
  readonly interruptMode: "signal" | "message";
  /** Added to the server's environment; `${NAME}` is replaced by the server's value. */
  readonly env: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly resourceDir: string | null;
}
