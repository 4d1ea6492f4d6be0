interface Observable {
  onChange(key: never, listener: (value: never) => void): () => void;
}
/** Keys of a control that can be given a `Value`. */
type KeyFor<Value, Target> = {
  [Key in keyof Target]: [Value] extends [Target[Key]] ? Key : never;
}[keyof Target];

/**
 * Keeps two keys equal, `link([slider, "value"], [field, "value"])`: the second becomes what the first is, and from then
 * on each follows the other. Returns what ends it.
 */
export function link<
  First extends Observable,
  Second extends Observable,
  const A extends keyof First,
  const B extends KeyFor<First[A], Second>,
>(first: readonly [First, A & KeyFor<Second[B], First>], second: readonly [Second, B]): () => void {
  const ends = [follow(first, second), follow(second, first)];
  return () => {
    for (const end of ends) end();
  };
}

/** Makes the target follow the source from now on, by way of `transform` if there is one. Returns what ends it. */
export function dlink<
  Source extends Observable,
  const From extends keyof Source,
  Target extends object,
>(
  source: readonly [Source, From],
  target: readonly [Target, KeyFor<Source[From], Target>],
): () => void;
export function dlink<
  Source extends Observable,
  const From extends keyof Source,
  Target extends object,
  const To extends keyof Target,
>(
  source: readonly [Source, From],
  target: readonly [Target, To],
  transform: (value: Source[From]) => Target[To],
): () => void;
export function dlink(
  source: readonly [Observable, PropertyKey],
  target: readonly [object, PropertyKey],
  transform?: (value: never) => unknown,
): () => void {
  return follow(source, target, transform);
}

function follow(
  [source, from]: readonly [Observable, PropertyKey],
  [target, to]: readonly [object, PropertyKey],
  transform: (value: never) => unknown = (value) => value,
): () => void {
  const copy = (): void => {
    const value = Reflect.get(source, from) as never;
    Reflect.set(target, to, transform(value));
  };
  copy();
  return source.onChange(from as never, copy);
}
