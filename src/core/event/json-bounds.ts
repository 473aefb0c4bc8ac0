/**
 * JSON bounds: the walk that keeps a client's JSON small, flat and exact before anything else touches it.
 *
 * in: a value that JSON.parse made, and bounds · out: null, or the first fault with its JSON pointer
 *
 * - Depth: the outermost object is 1. Keys: all of them, nested ones too. Nodes: every value, so that a long array is
 *   refused before it is written out again.
 * - Keys may have any name. `__proto__` and `constructor` are names like others: JSON.parse makes own properties of them,
 *   spreading and Object.fromEntries keep them so, and readers of properties look at own ones only.
 * - Numbers: |n| > 2^53 - 1 has lost digits already when JSON.parse is done, so it is a fault; every double beyond is an
 *   integer, so one comparison covers 1e308 and the Infinity of 1e400 too. Fractions below it are taken as the nearest
 *   double, like any JSON reader does.
 * - Text: a NUL or half a surrogate pair is a fault. No UTF-8 holds the half, so two different texts would become equal.
 *   Asked for apart (`findBadText`): JSON.stringify escapes both, so its text tells when to look.
 * - Faults of numbers and texts are mended where the request allows it (repair.ts).
 *
 * The happy path allocates nothing; a pointer is put together while returning from the fault.
 */

import { pointerStep } from '../std/pointer.ts';

export interface JsonBounds {
  readonly depthMax: number;
  readonly keysMax: number;
  readonly nodesMax: number;
}

export type JsonFaultKind = 'depth' | 'keys' | 'nodes' | 'number-unsafe' | 'text-invalid';

export interface JsonFault {
  readonly kind: JsonFaultKind;
  /** JSON pointer below the value walked. */
  readonly path: string;
}

/** Tells whether the number has all the digits that were sent. */
export function isSafeNumber(value: number): boolean {
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}

class Walk {
  #keysLeft: number;
  #nodesLeft: number;

  constructor(bounds: JsonBounds) {
    this.#keysLeft = bounds.keysMax;
    this.#nodesLeft = bounds.nodesMax;
  }

  object(value: object, depthLeft: number): JsonFault | null {
    if (depthLeft === 0) return { kind: 'depth', path: '' };
    for (const key in value) {
      if (--this.#keysLeft < 0) return { kind: 'keys', path: '' };
      const fault = this.#value((value as Record<string, unknown>)[key], depthLeft);
      if (fault !== null) return { kind: fault.kind, path: pointerStep(key) + fault.path };
    }
    return null;
  }

  #array(values: readonly unknown[], depthLeft: number): JsonFault | null {
    if (depthLeft === 0) return { kind: 'depth', path: '' };
    for (let i = 0; i < values.length; i++) {
      const fault = this.#value(values[i], depthLeft);
      if (fault !== null) return { kind: fault.kind, path: pointerStep(i) + fault.path };
    }
    return null;
  }

  #value(value: unknown, depthLeft: number): JsonFault | null {
    if (--this.#nodesLeft < 0) return { kind: 'nodes', path: '' };
    if (typeof value === 'number') return isSafeNumber(value) ? null : UNSAFE;
    if (typeof value !== 'object' || value === null) return null;
    return Array.isArray(value) ? this.#array(value, depthLeft - 1) : this.object(value, depthLeft - 1);
  }
}

const UNSAFE: JsonFault = { kind: 'number-unsafe', path: '' };

/** The first fault of a JSON object against the bounds, or null. Texts are not checked. */
export function findFault(value: object, bounds: JsonBounds): JsonFault | null {
  return new Walk(bounds).object(value, bounds.depthMax);
}

/** Whether a text can be stored as UTF-8 and shown again: no NUL, no half of a surrogate pair. */
export function isGoodText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** Whether JSON.stringify had to escape something that `findBadText` should look at. */
export function mayHoldBadText(json: string): boolean {
  return json.includes('\\u');
}

/** The first key or text that cannot be stored, or null. The value must be within its depth bound. */
export function findBadText(value: unknown): JsonFault | null {
  if (typeof value === 'string') return isGoodText(value) ? null : { kind: 'text-invalid', path: '' };
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, nested] of Object.entries(value)) {
    const fault = isGoodText(key) ? findBadText(nested) : { kind: 'text-invalid' as const, path: '' };
    if (fault !== null) return { kind: fault.kind, path: pointerStep(key) + fault.path };
  }
  return null;
}
