/** TraitColumns: the latest value of each trait, by number of its owner: a person or a group. */
import type { JsonObject, JsonValue } from '../event/event.ts';
import { valueAt } from '../event/property.ts';
import { LatestColumn } from './latest-column.ts';

/** The traits that one event gives. */
export interface GivenTraits {
  readonly atMs: number;
  readonly receivedAtMs: number;
  readonly traits: readonly (readonly [name: string, value: JsonValue])[];
}

export class TraitColumns {
  readonly #columns = new Map<string, LatestColumn>();

  /** An estimate of the memory. */
  get sizeBytes(): number {
    return [...this.#columns.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  add(owner: number, { atMs, receivedAtMs, traits }: GivenTraits): void {
    for (const [name, value] of traits) {
      const column = this.#columns.get(name) ?? new LatestColumn();
      this.#columns.set(name, column);
      column.offer(owner, { atMs, receivedAtMs, value });
    }
  }

  /** Returns a trait that is set. A name with dots may be a trait of that very name, or the path into one. */
  trait(owner: number, key: string, steps: readonly string[]): JsonValue | undefined {
    const whole = this.#columns.get(key)?.value(owner);
    if (whole !== undefined) return whole ?? undefined;
    const first = steps.length > 1 ? this.#columns.get(steps[0]!)?.value(owner) : undefined;
    if (typeof first !== 'object' || first === null) return undefined;
    const rest = steps.slice(1);
    return valueAt(first as JsonObject, rest.join('.'), rest);
  }

  /** Returns all traits of the owner that are set, in the order of their names. */
  all(owner: number): JsonObject {
    const values = [...this.#columns].map(([name, column]) => [name, column.value(owner)] as const);
    const set = values.filter(([, value]) => value !== undefined && value !== null);
    return Object.fromEntries(set.sort(([a], [b]) => (a < b ? -1 : 1))) as JsonObject;
  }

  /** Keeps the owners with a new number; the others have a negative one. */
  renumber(numbers: Int32Array): void {
    for (const column of this.#columns.values()) column.renumber(numbers);
  }
}
