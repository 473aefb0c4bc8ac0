/**
 * Memo: the results of a costly pure function of a text, kept for its most recently used arguments (LRU).
 */
export function memo<T>(compute: (text: string) => T, sizeMax: number): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const value = known.has(text) ? (known.get(text) as T) : compute(text);
    known.delete(text);
    known.set(text, value);
    if (known.size > sizeMax) known.delete(known.keys().next().value as string);
    return value;
  };
}
