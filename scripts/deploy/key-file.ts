/**
 * Key file: the keys of one Worker, saved before they are uploaded, readable by their owner alone. A key that only the
 * platform has is lost, because secrets are never shown again.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Secrets } from './keys.ts';

export function readKeyFile(file: string): Secrets {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Secrets) : {};
}

/** Replaces the file as a whole: a process that is killed leaves the old keys or the new ones. */
export function writeKeyFile(file: string, keys: Secrets): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const written = `${file}.new`;
  writeFileSync(written, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600, flush: true });
  chmodSync(written, 0o600);
  renameSync(written, file);
}
