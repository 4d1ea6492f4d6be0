import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { apiErrorOf } from "../apiError.ts";
import { EventStream } from "../eventStream.ts";
import type { SamplingFields } from "../requests/samplingFields.ts";
import type { Service } from "../service.ts";
import { ClientGone, type Work } from "../work.ts";
import type { Answer } from "./answer.ts";
import { refuse } from "./refuse.ts";

/** Generates the texts of a request and answers it, in one piece or as a stream of events. */
export function send(
  context: Context,
  service: Service,
  { stream }: SamplingFields,
  work: Work,
  answer: Answer,
): Promise<Response> | Response {
  context.header("X-Vitrine-Seed", work.choices.map(({ seed }) => seed).join(", "));
  return stream === true
    ? sendStream(context, service, work, answer)
    : sendWhole(context, work, answer);
}

async function sendWhole(context: Context, work: Work, answer: Answer): Promise<Response> {
  try {
    await work.generate((choice, piece) => void answer.take(choice, piece));
    const whole = await answer.whole();
    work.end();
    return context.json(whole);
  } catch (error) {
    work.end(error);
    if (error instanceof ClientGone) return context.body(null, 400); // nobody reads it
    return refuse(context, apiErrorOf(error));
  }
}

function sendStream(context: Context, service: Service, work: Work, answer: Answer): Response {
  const events = new EventStream({
    ...service.limits,
    drop: () => (context.env as HttpBindings).outgoing.destroy(),
    onGone: (why) => work.cancel(why),
    onPause: (change) => {
      service.metrics.paused += change;
    },
  });
  work.signal.addEventListener("abort", () => events.release(), { once: true });
  const sendIfAny = async (chunk: object | null) => {
    if (chunk !== null) await events.send(chunk);
  };
  const all = async () => {
    try {
      for (const choice of work.choices) await sendIfAny(answer.opening(choice));
      await work.generate(
        (choice, piece) => sendIfAny(answer.take(choice, piece)),
        (choice) => sendIfAny(answer.closing(choice)),
      );
      for (const chunk of await answer.tail()) await events.send(chunk);
      work.end();
      events.end();
    } catch (error) {
      work.end(error);
      if (!(error instanceof ClientGone)) events.fail(apiErrorOf(error).body);
    }
  };
  void all();
  return context.body(events.body, 200, {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
  });
}
