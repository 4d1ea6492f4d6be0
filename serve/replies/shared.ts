import type { Choice } from "../choice.ts";
import type { SamplingFields } from "../requests/samplingFields.ts";
import type { Service } from "../service.ts";

/** What all answers to a request begin with. */
export interface Heading {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  readonly system_fingerprint: string;
}

export function heading(prefix: string, service: Service): Heading {
  return {
    id: `${prefix}-${crypto.randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: service.name,
    system_fingerprint: service.fingerprint,
  };
}

/** Tokens of all choices; a prompt counts once, however many choices follow it. */
export function usage(choices: readonly Choice[], promptOf: (choice: Choice) => number) {
  const prompts = new Set<number>();
  const sum = { prompt: 0, cached: 0, generated: 0, reasoning: 0 };
  for (const choice of choices) {
    const { prompt, cached, generated, reasoning } = choice.usage();
    sum.generated += generated;
    sum.reasoning += reasoning;
    if (prompts.has(promptOf(choice))) continue;
    prompts.add(promptOf(choice));
    sum.prompt += prompt;
    sum.cached += cached;
  }
  return {
    prompt_tokens: sum.prompt,
    completion_tokens: sum.generated,
    total_tokens: sum.prompt + sum.generated,
    prompt_tokens_details: { cached_tokens: sum.cached },
    completion_tokens_details: { reasoning_tokens: sum.reasoning },
  };
}

/** What the field `vitrine` asks for of each text; null where nothing was asked. */
export async function extras(choices: readonly Choice[], { vitrine }: SamplingFields) {
  if (vitrine === undefined) return null;
  const ofChoice = async (choice: Choice) => ({
    index: choice.index,
    seed: choice.seed,
    ...(vitrine.routes === true && { routes: plain(await choice.routes()) }),
    ...(vitrine.cost === true && { cost: plain(choice.cost()) }),
  });
  return { choices: await Promise.all(choices.map(ofChoice)) };
}

/** A record with lists in the place of typed arrays. */
function plain(record: object): object {
  const entries = Object.entries(record).map(([name, value]) => [
    name,
    ArrayBuffer.isView(value) ? [...(value as unknown as Iterable<number>)] : value,
  ]);
  return Object.fromEntries(entries);
}
