/**
 * Supply check, a step of `npm run check`: `npm ci` can verify every package of each lock file, a lock file names no
 * registry, and a workflow runs each action at a commit, because a tag can be moved.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../src/local/paths.ts';

export interface LockedPackage {
  readonly link?: boolean;
  readonly integrity?: string;
  readonly resolved?: string;
}

/** The reasons why this lock file must not be merged; empty when it may be. The path `''` is this repository itself. */
export function findLockProblems(packages: Readonly<Record<string, LockedPackage>>): string[] {
  const locked = Object.entries(packages).filter(([path, { link }]) => path !== '' && !link);
  return locked.flatMap(([path, { integrity, resolved }]) => [
    ...(/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '') ? [] : [`${path} has no SHA-512 integrity`]),
    ...(resolved === undefined ? [] : [`${path} names where it was fetched: ${resolved}`]),
  ]);
}

/** The actions of a workflow that are not named by the hash of a commit. Actions of this repository begin with `./`. */
export function findUnpinnedActions(workflow: string): string[] {
  const actions = [...workflow.matchAll(/^\s*(?:- )?uses:\s*['"]?([^\s'"#]+)/gm)].map((match) => match[1] ?? '');
  return actions.filter((action) => !action.startsWith('./') && !/@[0-9a-f]{40}$/.test(action));
}

if (import.meta.main) {
  const locks = ['package-lock.json', 'test/clients/package-lock.json'];
  const lockProblems = locks.flatMap((file) =>
    findLockProblems(JSON.parse(readFileSync(join(root, file), 'utf8')).packages).map(
      (problem) => `${file}: ${problem}`,
    ),
  );
  const folder = join(root, '.github/workflows');
  const workflows = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  const unpinned = workflows.flatMap(findUnpinnedActions).map((action) => `${action} is not pinned to a commit`);
  const problems = [...lockProblems, ...unpinned];
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
