/**
 * `npm run soak:serve`: so many clients ask a server of this process for a while, one request after another, streamed. None may
 * be lost, and every reply must have the bits of a single run without a server; those runs follow when the clients are done.
 * Ends with 1 where anything was lost or differs.
 */
import { Command } from "commander";
import { loadModel } from "../engine/index.node.ts";
import { startServe } from "../serve/index.ts";
import { positive } from "./measure/positive.ts";
import { load } from "./serve/load.ts";

const options = new Command("soak")
  .description("Many clients, for a while, and every bit compared")
  .option("--model <name>", "model name, folder or Hugging Face id", "tiny")
  .option("--backend <name>", "cpu, webgpu or reference", "cpu")
  .option("--clients <n>", "clients at a time", positive, 64)
  .option("--seconds <n>", "how long they ask", positive, 60)
  .option("--at-once <n>", "texts that are generated at the same time", positive, 16)
  .option("--different <n>", "different requests; each is compared every time", positive, 200)
  .parse()
  .opts<{
    model: string;
    backend: "cpu" | "webgpu" | "reference";
    clients: number;
    seconds: number;
    atOnce: number;
    different: number;
  }>();

/** Request number `i`: sums, greedy and sampled, of many lengths. */
const request = (i: number) => ({
  ...{ model: "soak", seed: i, temperature: (i % 3) / 2, max_tokens: 4 + (i % 29) },
  messages: [{ role: "user", content: `${1 + (i % 9)}+${1 + (i % 8)}-${i % 7}+${i % 5}=?` }],
  logprobs: true,
});

const model = await loadModel(options.model, { backend: options.backend });
const server = await startServe({
  ...{ model, name: "soak", port: 0, atOnce: options.atOnce, queue: options.clients },
});
const end = performance.now() + 1000 * options.seconds;
let asked = 0;
const { all, seconds } = await load({
  ...{ url: server.url, clients: options.clients },
  next: () => (performance.now() < end ? request(asked++ % options.different) : null),
});
await server.close();

let lost = 0;
let different = 0;
const alone = new Map<number, string>();
for (const { fields, reply } of all) {
  const { messages, seed, temperature, max_tokens } = fields as ReturnType<typeof request>;
  let expected = alone.get(seed);
  if (expected === undefined) {
    const chat = model.chat(messages, { seed, temperature, maxTokens: max_tokens });
    for await (const _ of chat);
    const { reasoning, content } = chat.message;
    const logprobs = chat.tokens.map(({ logprob }) => logprob);
    expected = JSON.stringify([reasoning, content, logprobs]);
    alone.set(seed, expected);
    chat.run.dispose();
  }
  if (!reply.isWhole) lost += 1;
  else if (JSON.stringify([reply.reasoning, reply.text, reply.logprobs]) !== expected)
    different += 1;
}
const tokens = all.reduce((sum, { reply }) => sum + reply.completionTokens, 0);
process.stdout.write(
  `${options.clients} clients, ${seconds.toFixed(1)} s: ${all.length} replies, ${tokens} tokens, ${(tokens / seconds).toFixed(0)} a second; ${lost} lost, ${different} with other bits than one of ${alone.size} single runs\n`,
);
const { bytes } = model.deviceMemory();
model.freeIdle();
process.stdout.write(`${bytes} bytes on the device at the end\n`);
model.dispose();
process.exitCode = lost + different > 0 ? 1 : 0;
