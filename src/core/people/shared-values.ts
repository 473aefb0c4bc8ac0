/** SharedValues: holds a text that many have once, and knows the memory of the values that are held for one alone. */
import type { JsonValue } from '../event/event.ts';

/** The texts that are shared: of a property with more, most are of one owner alone. */
const TEXTS_MAX = 4_096;
/** Memory of a text, or of an object, beside its characters. */
const VALUE_BYTES = 24;

export class SharedValues {
  readonly #texts = new Map<string, string>();
  #sizeBytes = 0;

  /** An estimate of the memory of all values. A shared text counts once, and as long as the set is kept. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Returns the value as it is to be held. */
  take(value: JsonValue): JsonValue {
    if (typeof value === 'string') {
      const known = this.#texts.get(value);
      if (known !== undefined) return known;
      if (this.#texts.size < TEXTS_MAX) {
        this.#texts.set(value, value);
        this.#sizeBytes += sizeOf(value);
        return value;
      }
    }
    this.#sizeBytes += sizeOf(value);
    return value;
  }

  /** Tells that a value is not held any more where it was taken. */
  release(value: JsonValue): void {
    if (typeof value !== 'string' || !this.#texts.has(value)) this.#sizeBytes -= sizeOf(value);
  }

  clear(): void {
    this.#texts.clear();
    this.#sizeBytes = 0;
  }
}

function sizeOf(value: JsonValue): number {
  if (typeof value === 'string') return VALUE_BYTES + value.length;
  return typeof value === 'object' && value !== null ? VALUE_BYTES + 2 * JSON.stringify(value).length : 0;
}
