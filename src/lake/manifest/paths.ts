/**
 * Paths: the names of a tenant's files in the lake, in code and in SQL, and how days are written in them.
 *
 *   lake/v1/<uid>/l0/<incarnation>-<seqFrom>-<seqTo>.parquet    events of one flush; of an import chunk, with a hash behind
 *   lake/v1/<uid>/date=<day>/<run>-<plan hash>.parquet          events of one sealed day (L1)
 *   lake/v1/<uid>/traits/date=<day>/<run>-<plan hash>.parquet   of an L1 file the events that say who is who
 *   lake/v1/<uid>/hours/<day>/<file>.cells                      people by the hour of one sealed day
 *   lake/v1/<uid>/profiles/<span>-<range>-<hash>.parquet        trait digests
 *   lake/v1/<uid>/work/<plan hash>/<name>                       what tasks of a seal leave for each other
 *   lake/v1/<uid>/work/<incarnation>/<name>                     what chunks of an import leave for its finish
 *   lake/v1/<uid>/current.json                                  the files that count now
 *
 * The functions that end in `Sql` give expressions and conditions; their arguments are SQL expressions too. Conditions on
 * paths compare with bounds, for then the index of paths serves them.
 */
import { dayText } from '../../core/std/day.ts';
import { hashHex } from '../../core/std/hash.ts';

const ROOT = 'lake/v1/';
const L0 = '/l0/';
const L1 = '/date=';
const L1_TRAITS = '/traits/date=';
const HOURS = '/hours/';

/** The folder of a tenant's files in the lake: the prefix of all their names. */
export function lakeFolder(uid: string): string {
  return `${ROOT}${uid}/`;
}

/** `incarnation`: that of a shard. */
export function l0Path(uid: string, incarnation: string, seqFrom: number, seqTo: number): string {
  return `${ROOT}${uid}${L0}${incarnation}-${seqFrom}-${seqTo}.parquet`;
}

/**
 * A file of an import. Its name has the hash of its content, because another release may make another file of the same chunk.
 * `incarnation`: `importIncarnation(id, version, chunk)`.
 */
export function importPath(uid: string, incarnation: string, rowCount: number, contentHash: string): string {
  return `${ROOT}${uid}${L0}${incarnation}-0-${rowCount}-${contentHash.slice(0, HASH_LENGTH)}.parquet`;
}

const HASH_LENGTH = 16;

/** `l0Path` in SQL. */
export function l0PathSql(uid: string, incarnation: string, seqFrom: string, seqTo: string): string {
  return `'${ROOT}' || ${uid} || '${L0}' || ${incarnation} || '-' || ${seqFrom} || '-' || ${seqTo} || '.parquet'`;
}

/** `run`: the number of a people range; where a range has several files, a text with the number of each, `3.0`. */
export function l1Path(uid: string, day: number, run: number | string, planHash: string): string {
  return `${ROOT}${uid}${L1}${dayText(day)}/${run}-${planHash}.parquet`;
}

/** Whether a path is that of an L1 file of the day, which is written as text. */
export function isL1PathSql(path: string, uid: string, day: string): string {
  const folder = `'${ROOT}' || ${uid} || '${L1}' || ${day}`;
  return `${path} >= ${folder} || '/' AND ${path} < ${folder} || '0'`;
}

/** The file with the identify, group and alias events of an L1 file; both are deleted together. */
export function traitsPath(path: string): string {
  return path.replace(L1, L1_TRAITS);
}

/** `traitsPath` in SQL. */
export function traitsPathSql(path: string): string {
  return `replace(${path}, '${L1}', '${L1_TRAITS}')`;
}

/** The file with the people by the hour of a sealed day. `file`: the plan's hash, and that of the content. */
export function hoursPath(uid: string, day: number, file: string): string {
  return `${ROOT}${uid}${HOURS}${dayText(day)}/${file}.cells`;
}

/** `hoursPath` in SQL; `day` is a number. */
export function hoursPathSql(uid: string, day: string, file: string): string {
  return `'${ROOT}' || ${uid} || '${HOURS}' || ${dayTextSql(day)} || '/' || ${file} || '.cells'`;
}

/** The same seals and ranges give the same name; other seals or ranges give another. */
export function digestPath(
  uid: string,
  span: number,
  { range, rangeCount }: { readonly range: number; readonly rangeCount: number },
  seals: string,
): string {
  return `${lakeFolder(uid)}profiles/${span}-${range}-${hashHex(`profiles 1 of ${rangeCount} ${seals}`)}.parquet`;
}

/** The path of a file that a task of a seal leaves for other tasks of the same plan. */
export function workPath(uid: string, planHash: string, name: string): string {
  return `${lakeFolder(uid)}work/${planHash}/${name}`;
}

export function currentPath(uid: string): string {
  return `${lakeFolder(uid)}current.json`;
}

/** `dayText` in SQL. */
export function dayTextSql(day: string): string {
  return `date(${day} * 86400, 'unixepoch')`;
}
