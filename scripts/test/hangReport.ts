import { readdirSync, readFileSync, readlinkSync } from "node:fs";

interface Process {
  readonly pid: string;
  readonly parent: string;
  readonly command: string;
}

/** Null if it is gone. */
function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** The fields of /proc/PID/stat behind the name, which may hold spaces itself. */
const statFields = (stat: string): string[] => stat.slice(stat.lastIndexOf(")") + 2).split(" ");

function processes(): Process[] {
  return readdirSync("/proc").flatMap((pid) => {
    const [stat, command] = [read(`/proc/${pid}/stat`), read(`/proc/${pid}/cmdline`)];
    if (!/^\d+$/.test(pid) || stat === null || command === null) return [];
    const parent = statFields(stat)[1] as string;
    return [{ pid, parent, command: command.replaceAll("\0", " ").trim() }];
  });
}

/** One line for each kind of thread: its name, its state, where in the kernel it waits, and its processor time. */
function threadLines(pid: string): string[] {
  const counts = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const at = `/proc/${pid}/task/${thread}`;
    const [stat, name] = [read(`${at}/stat`), read(`${at}/comm`)];
    if (stat === null || name === null) continue;
    const fields = statFields(stat);
    const ticks = Number(fields[11]) + Number(fields[12]);
    const main = thread === pid ? "main thread, " : "";
    const line = `${main}${name.trim()}, state ${fields[0]}, waits in ${read(`${at}/wchan`)?.trim() || "?"}, ${ticks} ticks`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => (count > 1 ? `${count} x ${line}` : line));
}

/** What a process has open, without what every process has. */
function openFiles(pid: string): string[] {
  const links = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
  return [...new Set(links)].filter((link) => !/^(anon_inode|\/dev\/|pipe:)/.test(link));
}

/**
 * What the process that runs a test file does, and those that it started: for a file that hangs, as it is about to be killed.
 * On Linux; elsewhere nothing is told.
 * @param file stands in the process's command line
 */
export function hangReport(file: string): string[] {
  if (process.platform !== "linux") return [];
  const all = processes();
  const own = all.filter(
    ({ command, parent }) => parent === `${process.pid}` && command.includes(file),
  );
  for (const { pid } of own) own.push(...all.filter(({ parent }) => parent === pid));
  return own.flatMap(({ pid, command }) => {
    try {
      return [
        `process ${pid}: ${command.slice(0, 200)}`,
        ...threadLines(pid).map((line) => `  ${line}`),
        ...openFiles(pid).map((link) => `  open: ${link}`),
      ];
    } catch {
      return []; // it ended meanwhile
    }
  });
}
