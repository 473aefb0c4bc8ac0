/**
 * StackProcess: the local stack as a child of the demo. It ends with the demo, however the demo ends: the channel between the
 * two tells it when the demo is gone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../local/paths.ts';

export interface StackProcess {
  readonly url: string;
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  /** Ends the process and waits until it is gone. */
  stop(): Promise<void>;
}

const STOP_MS_MAX = 10_000;

/** Starts the stack and waits until it serves. Its output goes to the log. Rejects with its last words when it ends before. */
export async function startStackProcess({
  port,
  stateFolder,
}: {
  readonly port: number;
  readonly stateFolder: string;
}) {
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  const child = spawn(
    process.execPath,
    [join(root, 'src/local/start.ts'), '--port', String(port), '--state', stateFolder],
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  await readiness(child, join(stateFolder, 'stack.log'), `Tidemark ready: ${url}`);
  return { url, ended, stop: () => stop(child, ended) };
}

function readiness(child: ChildProcess, logFile: string, text: string): Promise<void> {
  const log = createWriteStream(logFile, { mode: 0o600 });
  let said = '';
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      log.write(chunk);
      if (said.includes(text)) return;
      said += chunk.toString();
      if (said.includes(text)) resolve();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('error', reject);
    child.once('exit', () => reject(new Error(said.trim() || 'The local stack ended.')));
  });
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  await ended;
  clearTimeout(timer);
}
