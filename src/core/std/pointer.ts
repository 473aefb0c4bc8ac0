/** JSON pointer: where in a JSON document a value stands (RFC 6901); '' is the document itself. */

/** One level of a pointer. */
export function pointerStep(key: PropertyKey): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** @example jsonPointer(['a~b', 0, 'c/d']) // '/a~0b/0/c~1d' */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map(pointerStep).join('');
}
