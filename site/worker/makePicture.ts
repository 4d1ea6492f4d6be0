import type { Run } from "../../engine/look/run.ts";
import type { Model } from "../../engine/model.ts";
import type { Displayable } from "../../kernel/display/host.ts";
import { anatomy } from "../../widgets/anatomy/widget.ts";
import { attention } from "../../widgets/attention/widget.ts";
import { cost } from "../../widgets/cost/widget.ts";
import { routing } from "../../widgets/routing/widget.ts";
import { stepper } from "../../widgets/stepper/widget.ts";
import { tokens } from "../../widgets/tokens/widget.ts";
import type { PictureName } from "../pictures.ts";

/** A picture, and what ends what belongs to it alone. */
export interface LivePicture {
  readonly picture: Displayable;
  readonly dispose: () => void;
}

/** The picture of that name, as a cell would make it; the stepper goes over the tokens of the run. */
export async function makePicture(name: PictureName, model: Model, run: Run): Promise<LivePicture> {
  const alone = (picture: Displayable): LivePicture => ({ picture, dispose: () => {} });
  switch (name) {
    case "anatomy":
      return alone(anatomy(run));
    case "tokens":
      return alone(tokens(run));
    case "attention":
      return alone(attention(run));
    case "routing":
      return alone(routing(run));
    case "cost":
      return alone(cost(run));
    case "stepper": {
      const picture = stepper(await model.step(run.tokens.map(({ id }) => id)));
      const dispose = (): void => {
        for (const each of picture.steppers) if (!each.isOver) each.dispose();
      };
      return { picture, dispose };
    }
  }
}
