/**
 * Typed columns: properties that a sealed segment keeps in columns of their own beside the JSON, as `p_<name>`: numbers as
 * DOUBLE, texts as STRING, booleans as BOOLEAN.
 *
 * The seal chooses them by the events of the segment alone, so that equal events give equal files: top-level properties of
 * one type throughout, there in a tenth of the events or more, texts only where they repeat. The JSON stays whole: a typed
 * column is a second way to the same values, and a segment without it is read through its JSON. Which a segment has, its
 * footer says, which is in the manifest.
 */
import type { CodedTexts, EventColumns, TypedColumn } from '../core/columns.ts';
import type { JsonObject, JsonValue } from '../core/event.ts';
import { compareCodePoints } from '../core/text.ts';

const PREFIX = 'p_';
const TYPED_MAX = 8;
/** Of the events. */
const SHARE_MIN = 0.1;
/** Different texts per event that has one. */
const DISTINCT_SHARE_MAX = 0.1;
/** Names that cannot be taken for a place inside of an object, and that every reader takes. */
const NAME = /^[A-Za-z][A-Za-z0-9_ -]{0,62}$/;

/** The name of the property's column in a file. */
export function typedName(property: string): string {
  return PREFIX + property;
}

/** The property of a column of a file; null: it is none of these. */
export function propertyOfColumn(column: string): string | null {
  return column.startsWith(PREFIX) ? column.slice(PREFIX.length) : null;
}

/** Whether a property may have a column of its own. */
export function isTypedName(property: string): boolean {
  return NAME.test(property);
}

type Kind = 'number' | 'text' | 'boolean';

class Candidate {
  readonly name: string;
  kind: Kind | null = null;
  isMixed = false;
  count = 0;
  readonly texts = new Map<string, number>();

  constructor(name: string) {
    this.name = name;
  }

  see(value: JsonValue): void {
    const kind = kindOf(value);
    if (kind === null || (this.kind !== null && kind !== this.kind)) this.isMixed = true;
    this.kind = kind;
    this.count++;
    if (typeof value !== 'string' || this.texts.has(value)) return;
    // A lone surrogate is kept by JSON, which escapes it, and by nothing else.
    if (value.isWellFormed() && this.texts.size < 65_000) this.texts.set(value, this.texts.size + 1);
    else this.isMixed = true;
  }

  isFit(rowCount: number): boolean {
    if (this.isMixed || this.count < SHARE_MIN * rowCount) return false;
    return this.kind !== 'text' || this.texts.size <= Math.max(2, DISTINCT_SHARE_MAX * this.count);
  }
}

function kindOf(value: JsonValue): Kind | null {
  if (typeof value === 'number') return 'number';
  if (typeof value === 'string') return 'text';
  return typeof value === 'boolean' ? 'boolean' : null;
}

/** The columns to give to these events, in the order in which they lie in the file. */
export function typedColumnsOf({ rowCount, strings }: EventColumns): Map<string, TypedColumn> {
  const texts = strings.properties;
  const chosen = new Map<string, TypedColumn>();
  if (texts === undefined) return chosen;
  const objects = texts.map((text) => (text === null ? null : (JSON.parse(text) as JsonObject)));
  const candidates = new Map<string, Candidate>();
  for (const object of objects) {
    for (const name in object) {
      const value = object[name] as JsonValue;
      if (value === null) continue;
      let candidate = candidates.get(name);
      if (candidate === undefined) {
        if (candidates.size >= 1_000 || !isTypedName(name)) continue;
        candidate = new Candidate(name);
        candidates.set(name, candidate);
      }
      candidate.see(value);
    }
  }
  const fit = [...candidates.values()].filter((candidate) => candidate.isFit(rowCount)).sort(compareCandidates);
  const seen = new Set<string>();
  for (const candidate of fit) {
    // Other readers do not tell names by case.
    const folded = candidate.name.toLowerCase();
    if (chosen.size === TYPED_MAX || seen.has(folded)) continue;
    seen.add(folded);
    chosen.set(candidate.name, columnOf(candidate, objects));
  }
  return chosen;
}

function compareCandidates(left: Candidate, right: Candidate): number {
  return right.count - left.count || compareCodePoints(left.name, right.name);
}

function columnOf({ name, kind, texts }: Candidate, objects: readonly (JsonObject | null)[]): TypedColumn {
  const valueIn = (object: JsonObject | null) => object?.[name];
  if (kind === 'number') {
    const values = Float64Array.from(objects, (object) => (valueIn(object) as number | null | undefined) ?? Number.NaN);
    return { type: 'number', values };
  }
  if (kind === 'boolean') {
    const values = Uint8Array.from(objects, (object) => {
      const value = valueIn(object);
      return typeof value !== 'boolean' ? 0 : value ? 2 : 1;
    });
    return { type: 'boolean', values };
  }
  const codes = Uint16Array.from(objects, (object) => texts.get(valueIn(object) as string) ?? 0);
  return { type: 'text', texts: { entries: [null, ...texts.keys()], codes } };
}

/** Texts as they are kept in memory, whatever way they were stored. */
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
