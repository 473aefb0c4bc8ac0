/**
 * Paths: what the files of a tenant in the lake are called, and how days are written in them.
 */
import { DAY_MS } from '../../core/limits.ts';

/** What every name of a tenant's file begins with. */
export function lakeFolder(uid: string): string {
  return `lake/v1/${uid}/`;
}

/** `incarnation` of an import chunk is `importIncarnation(id, chunk)`. */
export function l0Path(uid: string, incarnation: string, seqFrom: number, seqTo: number): string {
  return `${lakeFolder(uid)}l0/${incarnation}-${seqFrom}-${seqTo}.parquet`;
}

/** `run`: a bucket's number; of a bucket of several files a text with the number of each, `3.0`. */
export function l1Path(uid: string, day: number, run: number | string, planHash: string): string {
  return `${lakeFolder(uid)}date=${dayText(day)}/${run}-${planHash}.parquet`;
}

/** Of the file that holds the identify, group and alias events of an L1 file; whoever deletes one deletes both. */
export function traitsPath(path: string): string {
  return path.replace('/date=', '/traits/date=');
}

export function currentPath(uid: string): string {
  return `${lakeFolder(uid)}current.json`;
}

/** `2010-12-01` of a day number. */
export function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** The day number of `2010-12-01`; null when it is no such date. */
export function parseDay(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const day = Date.parse(`${text}T00:00:00Z`) / DAY_MS;
  return Number.isInteger(day) && dayText(day) === text ? day : null;
}
