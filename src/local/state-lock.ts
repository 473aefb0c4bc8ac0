/**
 * State lock: the file that names the process that owns a state folder. Two runtimes on one folder would be two
 * writers.
 *
 * - The file appears with its whole content (as a link to a finished file), so no reader sees half of it.
 * - Several processes may find a lock whose process is gone. The one that moves this very file away takes it over; the
 *   others start again.
 * - The lock names the runtime too, so that the next owner can end a runtime that outlived its parent.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from './processes.ts';

export type LockContent = {
  readonly owner: ProcessIdentity;
  readonly runtime?: ProcessIdentity;
  readonly url?: string;
};

/** The longest wait for a holder that is about to end, because its launcher was just killed. */
const holderGraceMs = 2_000;

export class StateLock {
  readonly #file: string;
  #content: LockContent;

  private constructor(file: string, content: LockContent) {
    this.#file = file;
    this.#content = content;
  }

  /** Resolves with the lock and the content that a dead owner left in it; rejects while a living process holds it. */
  static async acquire(file: string): Promise<{ lock: StateLock; staleContent: LockContent | undefined }> {
    const owner = identify(process.pid);
    if (!owner) throw new Error('The start time of this process cannot be read');
    mkdirSync(dirname(file), { recursive: true });
    let staleContent: LockContent | undefined;
    const giveUpAtMs = Date.now() + holderGraceMs;
    while (!create(file, { owner })) {
      const holder = read(file);
      if (holder && isAlive(holder.owner)) {
        if (Date.now() > giveUpAtMs) throw new StateLockedError(dirname(file), holder);
        await sleep(100);
      } else if (moveAway(file, holder)) {
        staleContent = holder;
      }
    }
    return { lock: new StateLock(file, { owner }), staleContent };
  }

  update(change: Omit<LockContent, 'owner'>): void {
    this.#content = { ...this.#content, ...change };
    const draft = `${this.#file}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(this.#content));
    renameSync(draft, this.#file);
  }

  isRuntimeAlive(): boolean {
    return this.#content.runtime !== undefined && isAlive(this.#content.runtime);
  }

  release(): void {
    rmSync(this.#file, { force: true });
  }
}

class StateLockedError extends Error {
  constructor(stateFolder: string, { owner, url }: LockContent) {
    super(
      `The state folder ${stateFolder} is in use by process ${owner.pid}${url ? ` (${url})` : ''}. ` +
        'End that process, or choose another folder with --state.',
    );
  }
}

export function read(file: string): LockContent | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Creates the lock with this content; returns false when the file exists. */
function create(file: string, content: LockContent): boolean {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(content), { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Moves a stale lock away; returns false when it was no longer the expected one, because another process took it over.
 */
function moveAway(file: string, expected: LockContent | undefined): boolean {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
    const isExpected = JSON.stringify(read(aside)) === JSON.stringify(expected);
    if (!isExpected) linkSync(aside, file);
    return isExpected;
  } catch {
    return false;
  } finally {
    rmSync(aside, { force: true });
  }
}
