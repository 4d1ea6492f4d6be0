/**
 * What a published checkpoint has in its config.json, in the spelling it was published with, less the fields that say nothing
 * about the forward pass.
 */
export interface ShippedConfig {
  /** On the Hugging Face hub. */
  readonly repository: string;
  readonly config: Readonly<Record<string, unknown>>;
}
