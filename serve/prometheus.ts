/** Numbers in Prometheus' text format, version 0.0.4. */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type Labels = Readonly<Record<string, string | number>>;

/** A number under one name, or several that labels tell apart. */
export interface Family {
  /** Its lines, with what it is above them. */
  lines(): string[];
}

function head(name: string, help: string, type: string): string[] {
  const escaped = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return [`# HELP ${name} ${escaped}`, `# TYPE ${name} ${type}`];
}

/** `{a="b"}`, or nothing. */
function written(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => {
    const text = String(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
    return `${name}="${text.replaceAll("\n", "\\n")}"`;
  });
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** Counts up from 0, for each of its labels. */
export class Counter implements Family {
  readonly #head: string[];
  readonly #name: string;
  readonly #values = new Map<string, number>();

  constructor(name: string, help: string) {
    this.#head = head(name, help, "counter");
    this.#name = name;
  }

  inc(labels: Labels, by = 1): void {
    const key = written(labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + by);
  }

  lines(): string[] {
    return [...this.#head, ...[...this.#values].map(([key, n]) => `${this.#name}${key} ${n}`)];
  }
}

/** Whatever a function tells when it is asked. */
export class Gauge implements Family {
  readonly #head: string[];
  readonly #name: string;
  readonly #read: () => number;

  constructor(name: string, help: string, read: () => number) {
    this.#head = head(name, help, "gauge");
    this.#name = name;
    this.#read = read;
  }

  lines(): string[] {
    return [...this.#head, `${this.#name} ${this.#read()}`];
  }
}

interface Observed {
  readonly labels: Labels;
  /** Of each bucket, those of smaller ones left out. */
  readonly counts: number[];
  sum: number;
}

/** How many observations were at most as large as each of some bounds. */
export class Histogram implements Family {
  readonly #head: string[];
  readonly #name: string;
  readonly #bounds: readonly number[];
  readonly #observed = new Map<string, Observed>();

  /** @param bounds ascending; one above all others comes by itself */
  constructor(name: string, help: string, bounds: readonly number[]) {
    this.#head = head(name, help, "histogram");
    this.#name = name;
    this.#bounds = [...bounds, Number.POSITIVE_INFINITY];
  }

  observe(value: number, labels: Labels = {}): void {
    const key = written(labels);
    const observed = this.#observed.get(key) ?? this.#begin(key, labels);
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    observed.counts[bucket] = (observed.counts[bucket] ?? 0) + 1;
    observed.sum += value;
  }

  lines(): string[] {
    const lines = [...this.#observed.values()].flatMap(({ labels, counts, sum }) => {
      let total = 0;
      const buckets = this.#bounds.map((bound, i) => {
        total += counts[i] ?? 0;
        const le = bound === Number.POSITIVE_INFINITY ? "+Inf" : String(bound);
        return `${this.#name}_bucket${written({ ...labels, le })} ${total}`;
      });
      const key = written(labels);
      return [...buckets, `${this.#name}_sum${key} ${sum}`, `${this.#name}_count${key} ${total}`];
    });
    return [...this.#head, ...lines];
  }

  #begin(key: string, labels: Labels): Observed {
    const observed = { labels, counts: this.#bounds.map(() => 0), sum: 0 };
    this.#observed.set(key, observed);
    return observed;
  }
}
