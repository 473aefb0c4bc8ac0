// State lock: the file that says which process owns a state folder. Two runtimes on one folder would be two writers.
//
// - It appears with its content at once (a link to a finished file), so no reader sees half of it.
// - A lock whose process is gone is taken over by whoever moves that very file away; the others start again.
// - It names the runtime too, so that the next owner can end one that outlived its parent.

import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from './processes.ts';

export type LockContent = {
  readonly owner: ProcessIdentity;
  readonly runtime?: ProcessIdentity;
  readonly url?: string;
};

/** How long a holder that is about to end (its launcher was killed a moment ago) may take. */
const holderGraceMs = 2_000;

export class StateLock {
  readonly #file: string;
  #content: LockContent;

  private constructor(file: string, content: LockContent) {
    this.#file = file;
    this.#content = content;
  }

  /** Resolves with the lock and what the previous, dead owner left in it; rejects while a living process holds it. */
  static async acquire(file: string): Promise<{ lock: StateLock; left: LockContent | undefined }> {
    const owner = identify(process.pid);
    if (!owner) throw new Error('The start time of this process cannot be read');
    mkdirSync(dirname(file), { recursive: true });
    let left: LockContent | undefined;
    const giveUpAtMs = Date.now() + holderGraceMs;
    while (!create(file, { owner })) {
      const holder = read(file);
      if (holder && isAlive(holder.owner)) {
        if (Date.now() > giveUpAtMs) throw new StateLockedError(dirname(file), holder);
        await sleep(100);
      } else if (moveAway(file, holder)) {
        left = holder;
      }
    }
    return { lock: new StateLock(file, { owner }), left };
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

/** False when the file exists. */
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

/** False when the file was no longer the one that was read: another process took over meanwhile, and keeps it. */
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
