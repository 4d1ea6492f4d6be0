import { InputError } from "../base/errors.ts";
import type { GenerationConfig, Sampling, SamplingOptions } from "./samplingOptions.ts";
import { SAMPLING_RULES } from "./samplingRules.ts";

const NOTHING: GenerationConfig = { name: "generation_config.json", fields: {} };

/**
 * The options given, then what the config says, then what changes nothing. The config's temperature counts where its do_sample
 * is true, else the likeliest token is taken; what only cuts off counts where the temperature is above 0. A config whose
 * do_sample is true and that leaves out the temperature or top_k means 1 and 50, as in transformers.
 * @throws InputError ERR_SAMPLING where a value that counts is out of range: it names the option, or the field and its file
 */
export function samplingOf(options: SamplingOptions, config: GenerationConfig = NOTHING): Sampling {
  const sampling: Record<string, unknown> = {};
  const samples = config.fields.do_sample === true;
  for (const [name, rule] of Object.entries(SAMPLING_RULES)) {
    const given: unknown = options[name as keyof SamplingOptions];
    const field = rule.field ?? "";
    const isWritten = (config.fields[field] ?? null) !== null;
    const counts = name === "temperature" ? samples : !rule.cutsOff || sampling.temperature !== 0;
    if (given !== undefined) sampling[name] = checked(`sampling ${name}`, given, rule, rule.fix);
    else if (isWritten && counts) {
      const value = rule.read?.(config.fields[field]) ?? config.fields[field];
      const fix = `${rule.fix} Pass ${name} yourself, or correct ${config.name}.`;
      sampling[name] = checked(`${config.name} ${field}`, value, rule, fix);
    } else sampling[name] = samples && counts ? (rule.whereSampled ?? rule.neutral) : rule.neutral;
  }
  return sampling as unknown as Sampling;
}

function checked(
  what: string,
  value: unknown,
  { holds, expected }: { holds: (value: unknown) => boolean; expected: string },
  fix: string,
): unknown {
  if (holds(value)) return value;
  throw new InputError(
    "ERR_SAMPLING",
    `${what}: expected ${expected}, got ${shown(value)}. ${fix}`,
  );
}

function shown(value: unknown): string {
  return typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
}
