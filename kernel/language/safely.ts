/**
 * What `read` gives, or what `otherwise` makes of what it throws. What cells throw and show has getters, proxies and
 * functions of its own, each of which may throw where all that is wanted is to tell what happened.
 */
export function safely<Value>(read: () => Value, otherwise: (error: unknown) => Value): Value {
  try {
    return read();
  } catch (error) {
    return otherwise(error);
  }
}

/** Whether a value is an instance of a class; that of a proxy may not be known. */
export function isInstance<Value>(
  value: unknown,
  Class: abstract new (...parameters: never[]) => Value,
): value is Value {
  return safely(
    () => value instanceof Class,
    () => false,
  );
}
