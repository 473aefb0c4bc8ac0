/** Names of imports: under which incarnation the segments of a chunk stand, and under which source its links. */

/**
 * The incarnation of a chunk's segment. Unambiguous, because the chunk follows the last hyphen and an import's id has no `~`.
 * Version 1 is not named: its segments are as they were before there were versions.
 */
export function importIncarnation(importId: string, version: number, chunk: number): string {
  return `import-${importId}${version === 1 ? '' : `~${version}`}-${chunk}`;
}

/** `importIncarnation` in SQL. */
export function importIncarnationSql(importId: string, version: string, chunk: string): string {
  return `'import-' || ${importId} || IIF(${version} = 1, '', '~' || ${version}) || '-' || ${chunk}`;
}

/** The source of the links that a version tells. */
export function importLinkSource(importId: string, version: number | ''): string {
  return `import-${importId}~${version}`;
}
