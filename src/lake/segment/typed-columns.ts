/**
 * Typed columns: properties that a sealed segment keeps in columns of their own beside the JSON, as `p_<name>`: numbers
 * as DOUBLE, texts as STRING, booleans as BOOLEAN.
 *
 * The seal chooses them by the events of the segment alone, so that equal events give equal files: top-level properties
 * of one type throughout, present in a tenth of the events or more, texts only where they repeat. The JSON stays whole:
 * a typed column is a second way to the same values, and a segment without it is read through its JSON. The footer,
 * which is in the manifest, says which ones a segment has.
 */
import type { CodedTexts, EventColumns, TypedColumn } from '../../core/event/columns.ts';
import { type JsonObject, type JsonValue, STRING_COLUMNS } from '../../core/event/event.ts';
import { compareCodePoints } from '../../core/std/text.ts';

const PREFIX = 'p_';
const TYPED_MAX = 8;
/** Minimum share of the events that have the property. */
const SHARE_MIN = 0.1;
/** Maximum number of different texts per event that has one. */
const DISTINCT_SHARE_MAX = 0.1;
/** Maximum number of different texts: codes have 16 bits, and 0 is null. */
const DISTINCT_MAX = 65_000;
/** Maximum number of names that are considered, in the order they occur: each holds up to 8 bytes an event. */
const CANDIDATES_MAX = 100;
/** Names that cannot be taken for a place inside an object, and that every reader takes. */
const NAME = /^[A-Za-z][A-Za-z0-9_ -]{0,62}$/;

/** Returns the name of the property's column in a file. */
export function typedName(property: string): string {
  return PREFIX + property;
}

/** Returns the property of a column of a file; null when the column is not a typed one. */
export function propertyOfColumn(column: string): string | null {
  return column.startsWith(PREFIX) ? column.slice(PREFIX.length) : null;
}

/** Tells whether a property may have a column of its own. */
export function isTypedName(property: string): boolean {
  return NAME.test(property);
}

type Kind = TypedColumn['type'];

/** A property that may get a column, with the values seen so far. It is given up as soon as it does not fit. */
class Candidate {
  readonly name: string;
  readonly kind: Kind;
  count = 0;
  isMixed = false;
  readonly #rowCount: number;
  readonly #numbers: Float64Array;
  readonly #codes: Uint16Array;
  readonly #codeOf = new Map<string, number>();

  constructor(name: string, kind: Kind, rowCount: number) {
    this.name = name;
    this.kind = kind;
    this.#rowCount = rowCount;
    this.#numbers = kind === 'number' ? new Float64Array(rowCount).fill(Number.NaN) : new Float64Array();
    this.#codes = new Uint16Array(kind === 'number' ? 0 : rowCount);
  }

  see(row: number, value: string | number | boolean): void {
    this.count++;
    if (typeof value === 'number') this.#numbers[row] = value;
    else if (typeof value === 'boolean') this.#codes[row] = value ? 2 : 1;
    else this.#codes[row] = this.#codeOf.get(value) ?? this.#newCode(value);
  }

  #newCode(text: string): number {
    const code = this.#codeOf.size + 1;
    // JSON keeps a lone surrogate, which it escapes; UTF-8 does not.
    if (!text.isWellFormed() || code > DISTINCT_MAX) this.isMixed = true;
    else this.#codeOf.set(text, code);
    return code;
  }

  get isFit(): boolean {
    if (this.isMixed || this.count < SHARE_MIN * this.#rowCount) return false;
    return this.kind !== 'text' || this.#codeOf.size <= Math.max(2, DISTINCT_SHARE_MAX * this.count);
  }

  column(): TypedColumn {
    switch (this.kind) {
      case 'number':
        return { type: 'number', values: this.#numbers };
      case 'boolean':
        return { type: 'boolean', values: Uint8Array.from(this.#codes) };
      case 'text':
        return { type: 'text', texts: { entries: [null, ...this.#codeOf.keys()], codes: this.#codes } };
    }
  }
}

function kindOf(value: JsonValue): Kind | null {
  if (typeof value === 'number') return 'number';
  if (typeof value === 'string') return 'text';
  return typeof value === 'boolean' ? 'boolean' : null;
}

/** Returns the events with the columns to give to them, in the order in which they lie in the file, and with `absent`. */
export function withTypedColumns(
  events: EventColumns,
): EventColumns & Required<Pick<EventColumns, 'typed' | 'absent'>> {
  const { rowCount, strings } = events;
  const texts = strings.properties ?? [];
  /** Null marks a name that is given up. */
  const candidates = new Map<string, Candidate | null>();
  const absent = new Set<string>(STRING_COLUMNS);
  for (let row = 0; row < texts.length; row++) {
    const text = texts[row];
    if (text === null) continue;
    const object = JSON.parse(text as string) as JsonObject;
    for (const name in object) {
      const value = object[name] as JsonValue;
      let candidate = candidates.get(name);
      if (candidate === undefined) absent.delete(name);
      if (value === null || candidate === null) continue;
      const kind = kindOf(value);
      if (candidate === undefined) {
        if (candidates.size >= CANDIDATES_MAX) continue;
        candidate = kind === null || !isTypedName(name) ? null : new Candidate(name, kind, rowCount);
        candidates.set(name, candidate);
        if (candidate === null) continue;
      }
      if (kind === candidate.kind) candidate.see(row, value as string | number | boolean);
      if (kind !== candidate.kind || candidate.isMixed) candidates.set(name, null);
    }
  }
  const typed: { [property: string]: TypedColumn } = {};
  const seen = new Set<string>();
  const fit = [...candidates.values()].filter((candidate) => candidate?.isFit) as Candidate[];
  for (const candidate of fit.sort(compareCandidates)) {
    // Other readers do not tell names by case.
    const folded = candidate.name.toLowerCase();
    if (seen.size === TYPED_MAX || seen.has(folded)) continue;
    seen.add(folded);
    typed[candidate.name] = candidate.column();
  }
  return { ...events, typed, absent };
}

function compareCandidates(left: Candidate, right: Candidate): number {
  return right.count - left.count || compareCodePoints(left.name, right.name);
}

/** Returns texts as they are kept in memory, however they were stored. */
export function codedFrom(texts: readonly (string | null)[]): CodedTexts {
  const codeOf = new Map<string | null, number>([[null, 0]]);
  const codes = new Uint32Array(texts.length);
  for (const [row, text] of texts.entries()) {
    let code = codeOf.get(text);
    if (code === undefined) {
      code = codeOf.size;
      codeOf.set(text, code);
    }
    codes[row] = code;
  }
  return { entries: [...codeOf.keys()], codes };
}
