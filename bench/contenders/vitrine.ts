/** The contender that the bench is about. */
import { loadModel } from "../../engine/index.node.ts";
import { answer, timed, timeTokens } from "./answer.ts";
import { promptIds } from "./protocol.ts";

await answer(async ({ model: name, backend, arithmetic, promptTokens, newTokens }) => {
  const { value: model, seconds } = await timed(() =>
    loadModel(name, { backend: backend as "cpu" | "webgpu" | "reference", arithmetic }),
  );
  const prompt = promptIds(promptTokens, model.spec.nVocab);
  return {
    loaded: {
      kind: "loaded",
      seconds,
      program: "Vitrine",
      device: model.backend.device,
    },
    round: async () => {
      const generation = model.generate(prompt, {
        maxTokens: newTokens + 1,
        temperature: 0,
        ignoreEos: true,
        stop: [],
        promptLogprobs: false,
      });
      const round = await timeTokens(generation, newTokens + 1);
      generation.run.dispose();
      return round;
    },
  };
});
