/**
 * Journal: the list of the chunks of a version of an import that the server has acknowledged, kept in the state folder, so that an
 * interrupted import continues without sending them again.
 *
 * The journal saves time alone: the server recognises a repeated chunk by itself. A line is appended after each
 * acknowledgement; a torn last line is ignored. An entry is valid for the same content of an import that the server
 * knows.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ChunkVerdict } from './chunks.ts';

interface Entry {
  readonly chunk: number;
  readonly hash: string;
  readonly verdict: ChunkVerdict;
}

/** The line that says when the first run began. */
interface Start {
  readonly startedAtMs: number;
}

interface JournalTarget {
  readonly url: string;
  readonly key: string;
  readonly importId: string;
  readonly version: number;
}

export class Journal {
  readonly #file: string;
  readonly #entries = new Map<number, Entry>();
  #startedAtMs: number | undefined;

  /** Opens the journal of one version of an import into one tenant of one server. */
  constructor(stateFolder: string, target: JournalTarget) {
    const name = createHash('sha256')
      .update(`${target.url}\n${target.key}\n${target.importId}\n${target.version}`)
      .digest('hex')
      .slice(0, 24);
    this.#file = join(stateFolder, 'imports', `${name}.ndjson`);
    for (const line of readText(this.#file).split('\n')) {
      const entry = parseEntry(line);
      if (entry && 'startedAtMs' in entry) this.#startedAtMs = entry.startedAtMs;
      else if (entry) this.#entries.set(entry.chunk, entry);
    }
  }

  get chunkCount(): number {
    return this.#entries.size;
  }

  find(chunk: number, hash: string): ChunkVerdict | undefined {
    const entry = this.#entries.get(chunk);
    return entry?.hash === hash ? entry.verdict : undefined;
  }

  /**
   * The start of the import, noted by its first run: an import whose events get the present time gives them the same one
   * when it is repeated.
   */
  startedAtMs(nowMs: number): number {
    if (this.#startedAtMs === undefined) {
      this.#startedAtMs = nowMs;
      this.#write({ startedAtMs: nowMs });
    }
    return this.#startedAtMs;
  }

  append(entry: Entry): void {
    this.#entries.set(entry.chunk, entry);
    this.#write(entry);
  }

  /** Drops all entries: a server that draws the version anew has lost the acknowledged chunks. */
  forget(): void {
    this.#entries.clear();
    rmSync(this.#file, { force: true });
  }

  #write(entry: Entry | Start): void {
    mkdirSync(dirname(this.#file), { recursive: true });
    appendFileSync(this.#file, `${JSON.stringify(entry)}\n`);
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function parseEntry(line: string): Entry | Start | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
