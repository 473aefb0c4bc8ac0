/**
 * Process: a pid together with its start time, which tells it from a later process with the same pid.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export type ProcessIdentity = { readonly pid: number; readonly startedAt: string };

/** The environment variable that marks the runtimes of a state folder, even those whose pid was never recorded. */
export const stateMark = 'TIDEMARK_STATE_FOLDER';

const hasProc = process.platform === 'linux';

export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = startOf(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  return startOf(pid) === startedAt;
}

/** Finds all runtimes that serve the state folder, from whatever parent. */
export function findRuntimes(stateFolder: string): ProcessIdentity[] {
  const mark = `${stateMark}=${stateFolder}`;
  const pids = hasProc ? pidsFromProc(mark) : pidsFromPs(mark);
  return pids.map(identify).filter((found) => found !== undefined);
}

/** Kills the process and waits until it is gone, so that it cannot write any more. */
export async function end(target: ProcessIdentity): Promise<void> {
  if (!isAlive(target)) return;
  process.kill(target.pid, 'SIGKILL');
  for (let waitedMs = 0; isAlive(target); waitedMs += 20) {
    if (waitedMs > 5_000) throw new Error(`Process ${target.pid} did not end within 5 s of SIGKILL`);
    await sleep(20);
  }
}

/** The start time of the process; undefined when there is no such process, or only its zombie. */
function startOf(pid: number): string | undefined {
  try {
    if (!hasProc) return ps(['-o', 'lstart=', '-p', String(pid)]).trim() || undefined;
    // The second field, the command in parentheses, may hold spaces. The third is the state, the 22nd the start time.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function pidsFromProc(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => isRuntime(`/proc/${pid}`, mark))
    .map(Number);
}

function isRuntime(folder: string, mark: string): boolean {
  try {
    const program = readFileSync(`${folder}/cmdline`, 'utf8').split('\0')[0] ?? '';
    return /\bworkerd[^/]*$/.test(program) && readFileSync(`${folder}/environ`, 'utf8').split('\0').includes(mark);
  } catch {
    return false;
  }
}

function pidsFromPs(mark: string): number[] {
  if (process.platform === 'win32') return [];
  return ps(['-axwwE', '-o', 'pid=,command='])
    .split('\n')
    .filter((line) => line.includes('workerd') && ` ${line} `.includes(` ${mark} `))
    .map((line) => Number.parseInt(line, 10));
}

function ps(args: string[]): string {
  return execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 64_000_000 });
}
