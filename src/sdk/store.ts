/**
 * Store: the few texts that an SDK keeps: ids, the session, and each event until the server has answered for it.
 *
 * A browser that blocks storage, or whose storage is full, keeps them in memory, for as long as the page lives.
 */
export interface Store {
  get(name: string): string | null;
  /** Null removes. */
  set(name: string, value: string | null): void;
  /** An upper bound of the number of names, without reading them. */
  size(): number;
  /** In the order of the events: of their making, or of their ids, which begin with the time. */
  names(): Iterable<string>;
}

export function memoryStore(): Store {
  const kept = new Map<string, string>();
  return {
    get: (name) => kept.get(name) ?? null,
    set: (name, value) => void (value === null ? kept.delete(name) : kept.set(name, value)),
    size: () => kept.size,
    names: () => kept.keys(),
  };
}

/** The browser's local storage under a prefix, which all tabs of the origin share. */
export function localStore(prefix: string, storage: () => Storage): Store {
  const rest = memoryStore();
  const attempt = <T>(run: (local: Storage) => T, otherwise: T): T => {
    try {
      return run(storage());
    } catch {
      return otherwise;
    }
  };
  return {
    get: (name) => rest.get(name) ?? attempt((local) => local.getItem(prefix + name), null),
    set(name, value) {
      rest.set(name, null);
      const isKept = attempt((local) => {
        if (value === null) local.removeItem(prefix + name);
        else local.setItem(prefix + name, value);
        return true;
      }, false);
      if (!isKept && value !== null) rest.set(name, value);
    },
    size: () => rest.size() + attempt((local) => local.length, 0),
    names: () =>
      [
        ...attempt(
          (local) => Object.keys(local).flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : [])),
          [],
        ),
        ...rest.names(),
      ].sort(),
  };
}
