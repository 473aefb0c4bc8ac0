// Stack: a local stack of a test's own, in a process of its own, on a free port and a state folder of its own.
//
//   const stack = await startStack({ stateDir });   // resolves when it printed "Tidemark ready"
//   await fetch(`${stack.url}/healthz`);
//   await stack.kill('both');                        // SIGKILL; resolves when the processes are gone
//   const again = await startStack({ stateDir });    // the same state
//   await again.stop();                              // SIGTERM; removes the state folder if startStack made it

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalKeys } from '../../src/local/demo.ts';
import { root, stateFiles } from '../../src/local/paths.ts';
import { end, identify } from '../../src/local/processes.ts';
import { read as readLock } from '../../src/local/state-lock.ts';

export type StackStart = {
  readonly port?: number;
  readonly stateDir?: string;
  readonly env?: Record<string, string>;
  /** How long the stack may take until it is ready. */
  readonly timeoutMs?: number;
};

export type Victim = 'parent' | 'runtime' | 'both';

export type Stack = {
  readonly url: string;
  readonly port: number;
  readonly stateDir: string;
  readonly rootKey: string;
  /** The parent: the process that holds the lock and watches the runtime. */
  readonly pid: number;
  /** Everything printed so far, both streams. */
  output(): string;
  runtimePid(): number;
  /** Root key and the keys of the demo tenant, as the CLI reads them. */
  keys(): LocalKeys;
  /** Resolves when the output holds the text that many times. */
  waitFor(text: string, times?: number): Promise<void>;
  kill(which: Victim): Promise<void>;
  stop(): Promise<void>;
};

/** One root key for all starts of a test run: keys of tenants are signed with it and must survive a restart. */
const rootKeyDefault = process.env.TIDEMARK_ROOT_KEY ?? randomBytes(32).toString('base64url');

const started = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of started) child.kill('SIGTERM');
});

export async function startStack(options: StackStart = {}): Promise<Stack> {
  const port = options.port ?? (await findFreePort());
  const stateDir = options.stateDir ?? mkdtempSync(join(tmpdir(), 'tidemark-'));
  const rootKey = options.env?.TIDEMARK_ROOT_KEY ?? rootKeyDefault;
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    process.execPath,
    [join(root, 'src/local/start.ts'), '--port', String(port), '--state', stateDir],
    // The channel tells the stack when this process dies, so that no test leaves one behind.
    { env: { ...process.env, TIDEMARK_ROOT_KEY: rootKey, ...options.env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  child.unref();
  started.add(child);
  let output = '';
  child.stdout?.on('data', (chunk) => (output += chunk));
  child.stderr?.on('data', (chunk) => (output += chunk));
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.once('exit', () => started.delete(child));

  const files = stateFiles(stateDir);
  const waitFor = async (text: string, times = 1) => {
    const giveUpAtMs = Date.now() + (options.timeoutMs ?? 60_000);
    while (output.split(text).length <= times) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`The local stack ended:\n${output}`);
      if (Date.now() > giveUpAtMs) throw new Error(`The local stack did not print "${text}":\n${output}`);
      await sleep(20);
    }
  };
  const runtime = () => {
    const found = readLock(files.lock)?.runtime;
    if (!found) throw new Error(`${files.lock} names no runtime`);
    return found;
  };

  await waitFor(`Tidemark ready: ${url}`).catch((error) => {
    child.kill('SIGTERM');
    throw error;
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error('The local stack has no pid');

  return {
    url,
    port,
    stateDir,
    rootKey,
    pid,
    output: () => output,
    runtimePid: () => runtime().pid,
    keys: () => JSON.parse(readFileSync(files.keys, 'utf8')),
    waitFor,
    async kill(which) {
      const victims = [which === 'runtime' ? undefined : identify(pid), which === 'parent' ? undefined : runtime()];
      await Promise.all(victims.map((victim) => victim && end(victim)));
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
      if (options.stateDir === undefined) rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(address)));
    });
  });
}
