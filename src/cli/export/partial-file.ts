/**
 * Partial file: an export that is being written. `FILE.part` holds its bytes, the journal `FILE.part.json` the parts in
 * it.
 *
 * - The journal lists a part after the bytes of the part are on disk. Bytes beyond the journal are cut off when an
 *   interrupted export continues.
 * - A journal of another question is ignored, and the export starts anew.
 * - `FILE` itself appears whole or not at all.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';

export interface Progress {
  readonly spans: number;
  readonly rows: number;
  readonly sizeBytes: number;
}
interface Journal extends Progress {
  /** The question of the export; a journal with another question belongs to another export. */
  readonly question: string;
}

const NOTHING: Progress = { spans: 0, rows: 0, sizeBytes: 0 };

export class PartialFile {
  readonly #path: string;
  readonly #question: string;
  readonly #file: number;
  #done: Progress;
  #sizeBytes: number;

  constructor(path: string, question: string) {
    this.#path = path;
    this.#question = question;
    this.#done = readJournal(this.#journalPath, question);
    if (!existsSync(this.#partPath)) this.#done = NOTHING;
    this.#file = openSync(this.#partPath, this.#done.spans > 0 ? 'r+' : 'w', 0o600);
    this.#sizeBytes = this.#done.sizeBytes;
    ftruncateSync(this.#file, this.#sizeBytes);
  }

  get done(): Progress {
    return this.#done;
  }
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  append(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(this.#file, bytes, written, bytes.length - written, this.#sizeBytes + written);
    }
    this.#sizeBytes += bytes.length;
  }

  /** Drops the bytes of a span that did not arrive whole. */
  rewind(): void {
    this.#sizeBytes = this.#done.sizeBytes;
    ftruncateSync(this.#file, this.#sizeBytes);
  }

  /** Records that a span has arrived whole. */
  keep(rows: number): void {
    fsyncSync(this.#file);
    this.#done = { spans: this.#done.spans + 1, rows: this.#done.rows + rows, sizeBytes: this.#sizeBytes };
    const journal: Journal = { question: this.#question, ...this.#done };
    const draft = `${this.#journalPath}.draft`;
    writeFileSync(draft, JSON.stringify(journal));
    renameSync(draft, this.#journalPath);
  }

  /** Gives the file its name, once every span has arrived. */
  finish(): void {
    closeSync(this.#file);
    renameSync(this.#partPath, this.#path);
    rmSync(this.#journalPath, { force: true });
  }

  close(): void {
    closeSync(this.#file);
  }

  get #partPath(): string {
    return `${this.#path}.part`;
  }
  get #journalPath(): string {
    return `${this.#path}.part.json`;
  }
}

function readJournal(path: string, question: string): Progress {
  try {
    const journal = JSON.parse(readFileSync(path, 'utf8')) as Journal;
    return journal.question === question ? journal : NOTHING;
  } catch {
    return NOTHING;
  }
}
