/** Numbers as a stepper gives them: row-major, with a letter for every axis. */
export interface NumbersSource {
  readonly data: Float32Array | Float64Array | Int32Array;
  readonly shape: readonly number[];
  readonly dims: readonly string[];
}

export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface OperatorSource {
  readonly index: number;
  readonly kind: string;
  readonly layer: number | null;
  readonly reads: readonly NamedShape[];
  readonly writes: readonly NamedShape[];
  readonly weights: readonly string[];
  readonly sites: readonly string[];
}

interface TokenSource {
  readonly index: number;
  readonly id: number;
  readonly text: string;
}

export interface PlaceSource {
  readonly start: number;
  readonly end: number;
  readonly executed: number;
  readonly of: number;
  readonly last: OperatorSource | null;
  readonly next: OperatorSource | null;
}

export interface StopSource extends PlaceSource {
  readonly reason: "moved" | "breakpoint" | "condition failed" | "end";
  readonly breakpoint?: number;
  readonly token?: TokenSource;
  readonly site?: string;
  readonly error?: unknown;
}

/** What a condition is given. */
export interface SeenSource {
  readonly site: string;
  readonly value: NumbersSource;
  readonly token: TokenSource;
  readonly layer: number | null;
}

export interface BreakpointSource {
  readonly site?: string;
  readonly operator?: string;
  readonly layer?: number;
  readonly token?: string | number;
  when?(seen: SeenSource): boolean | Promise<boolean>;
}

export type Unit = "operator" | "layer" | "token";

/** What the picture needs of a Stepper; the engine's Stepper is one. */
export interface StepperSource {
  readonly place: PlaceSource;
  readonly operators: readonly OperatorSource[];
  readonly tokens: readonly TokenSource[];
  readonly edits: readonly object[];
  readonly breakpoints: ReadonlyMap<number, BreakpointSource>;
  readonly isOver: boolean;
  next(unit?: Unit): Promise<StopSource>;
  back(unit?: Unit): Promise<StopSource>;
  run(): Promise<StopSource>;
  addBreakpoint(at: BreakpointSource): number;
  removeBreakpoint(id: number): void;
  value(site: string): Promise<NumbersSource>;
  set(site: string, value: Float64Array, where: { readonly position: number }): Promise<void>;
  nextToken(): Promise<TokenSource & { readonly probability: number }>;
  onMove(listener: (stop: StopSource) => void): () => void;
}
