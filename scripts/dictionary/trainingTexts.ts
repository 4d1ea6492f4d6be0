import { Pcg32 } from "../../engine/generate/pcg32.ts";
import type { Model } from "../../engine/index.node.ts";

/** Openings of what the default model was trained on; the last three are a user's turn. */
const OPENINGS = [
  "And God said",
  "Call me Ishmael.",
  "export function ",
  "import { ",
  "The whale ",
];
const REQUESTS = [
  "Define river.",
  "Tell me a story about Lily the owl and a red kite.",
  "寫一首有「月」字的詩。",
];
const SAMPLE_TOKENS = 96;

/** What the model itself writes at temperature 1, and sums with their running totals, as ids. */
export async function trainingTexts(
  model: Model,
  {
    samples,
    sums,
    seed,
  }: { readonly samples: number; readonly sums: number; readonly seed: number },
): Promise<number[][]> {
  const encode = (text: string) => [...model.tokenizer.encode(text)];
  const chats = REQUESTS.map((content) => [
    ...model.tokenizer.encodeChat([{ role: "user", content }]),
  ]);
  const openings = [...OPENINGS.map(encode), ...chats];
  const prompts = Array.from({ length: samples }, (_, i) => openings[i % openings.length] ?? []);
  const seeds = prompts.map((_, i) => seed + i);
  const texts = prompts.map((ids) => [...ids]);
  const written = model.generateAll(prompts, { maxTokens: SAMPLE_TOKENS, temperature: 1, seeds });
  for await (const { prompt, id } of written) texts[prompt]?.push(id);
  const random = new Pcg32(seed);
  for (let i = 0; i < sums; i++) texts.push(encode(sum(random)));
  return texts;
}

/** A chain of additions as the model was shown them, with every running total. */
function sum(random: Pcg32): string {
  const draw = (n: number) => Math.floor(random.nextFloat() * n);
  let total = 1 + draw(40);
  let question = String(total);
  const steps: string[] = [];
  for (let term = 2 + draw(5); term > 0; term--) {
    const digit = 1 + draw(9);
    const adds = total < digit || (draw(2) === 0 && total + digit <= 99);
    question += `${adds ? "+" : "-"}${digit}`;
    const next = adds ? total + digit : total - digit;
    steps.push(`${total}${adds ? "+" : "-"}${digit}=${next}`);
    total = next;
  }
  return `<｜User｜>${question}=?<｜Assistant｜><think>${steps.join("\n")}</think>${total}`;
}
