import type { CDPSession, Page } from "playwright-core";

/** What some work took: by the clock, which others on the machine lengthen, and on the processor, which they do less. */
export interface PageTime {
  readonly wallMs: number;
  /** The page's main thread. */
  readonly pageMs: number;
  /** This process, with all of its threads: the kernel's side, and what drives the page. */
  readonly processMs: number;
}

/** Times of what is done with a page. */
export async function timeOf(page: Page, work: () => Promise<void>): Promise<PageTime> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const [cpu, thread, begin] = [process.cpuUsage(), await threadMs(session), performance.now()];
  await work();
  const wallMs = performance.now() - begin;
  const { user, system } = process.cpuUsage(cpu);
  const pageMs = (await threadMs(session)) - thread;
  await session.detach();
  return { wallMs, pageMs, processMs: (user + system) / 1000 };
}

/** "0.84 s, of which the page's thread 0.41 s and this process 0.30 s" */
export function timeText({ wallMs, pageMs, processMs }: PageTime): string {
  const [wall, page, own] = [wallMs, pageMs, processMs].map((ms) => (ms / 1000).toFixed(2));
  return `${wall} s (the page's thread ${page} s, this process ${own} s)`;
}

async function threadMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  const task = metrics.find(({ name }) => name === "TaskDuration");
  if (task === undefined) throw new Error("bench: expected TaskDuration of the page, got none.");
  return 1000 * task.value;
}
