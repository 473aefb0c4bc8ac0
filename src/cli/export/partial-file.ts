/**
 * Partial file: an export on its way: `FILE.part` holds the parts that came whole, `FILE.part.json` says which.
 *
 * A part counts when its line in the journal is written, after its bytes: whatever lies beyond is cut off when an
 * interrupted export goes on. Another question under the same name begins anew. `FILE` itself appears whole or not at all.
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
  /** What was asked: the journal is another export's if it differs. */
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

  /** The span that was being written did not come whole. */
  rewind(): void {
    this.#sizeBytes = this.#done.sizeBytes;
    ftruncateSync(this.#file, this.#sizeBytes);
  }

  /** The span came whole. */
  keep(rows: number): void {
    fsyncSync(this.#file);
    this.#done = { spans: this.#done.spans + 1, rows: this.#done.rows + rows, sizeBytes: this.#sizeBytes };
    const journal: Journal = { question: this.#question, ...this.#done };
    const draft = `${this.#journalPath}.draft`;
    writeFileSync(draft, JSON.stringify(journal));
    renameSync(draft, this.#journalPath);
  }

  /** All of it came. */
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
