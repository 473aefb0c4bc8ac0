/**
 * Wrangler: the pinned version, run as a child process, for what has no simple call: migrations and the upload.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../../src/local/paths.ts';
import { describeCommand } from './plan.ts';

export const wranglerProgram = join(root, 'node_modules/wrangler/bin/wrangler.js');

export interface WranglerRun {
  readonly isDone: boolean;
  /** What the command printed, to both streams. */
  readonly output: string;
}

/** Runs commands of one program in one environment. */
export class Wrangler {
  readonly #program: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #print: (text: string) => void;

  constructor(program: string, env: NodeJS.ProcessEnv, print: (text: string) => void) {
    this.#program = program;
    this.#env = { ...env, WRANGLER_SEND_METRICS: 'false' };
    this.#print = print;
  }

  /** Runs the command and prints what it says. */
  async tryRun(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<WranglerRun> {
    this.#print(`$ ${describeCommand(args)}\n`);
    return await this.#spawn(args, env, this.#print);
  }

  /** Throws when the command failed. */
  async run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
    const { isDone } = await this.tryRun(args, env);
    if (!isDone) throw new Error(`${describeCommand(args)} failed`);
  }

  /** The output of a command that prints a secret, which is not shown. */
  async readQuietly(args: readonly string[]): Promise<string> {
    const { isDone, output } = await this.#spawn(args, {}, () => {});
    if (!isDone) throw new Error(`${describeCommand(args)} failed:\n${output}`);
    return output;
  }

  #spawn(args: readonly string[], env: NodeJS.ProcessEnv, print: (text: string) => void): Promise<WranglerRun> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [this.#program, ...args], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...this.#env, ...env },
      });
      let output = '';
      const keep = (chunk: string) => {
        output += chunk;
        print(chunk);
      };
      child.stdout.setEncoding('utf8').on('data', keep);
      child.stderr.setEncoding('utf8').on('data', keep);
      child.on('error', reject);
      child.on('close', (status) => resolve({ isDone: status === 0, output }));
    });
  }
}
