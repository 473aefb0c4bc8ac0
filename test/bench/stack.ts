// Bench stack: Tidemark and the floor in one Miniflare, driven from another process. Each has its own socket:
// Miniflare's front Worker would slow down one of them and not the other.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../src/local/migrate.ts';
import { migrationsFolder, root } from '../../src/local/paths.ts';
import { Runtime } from '../../src/local/runtime.ts';
import { findFreePort } from '../support/stack.ts';
import type { LoadOrder, LoadReport } from './load.ts';

const ROOT_KEY = 'root-key-of-the-benchmark-0123456789abcdef';

export interface Keys {
  readonly write: string;
  readonly read: string;
  readonly admin: string;
}

export class BenchStack {
  readonly url: string;
  readonly floorUrl: string;
  readonly runtime: Runtime;
  readonly #folder: string;

  private constructor(url: string, floorUrl: string, runtime: Runtime, folder: string) {
    this.url = url;
    this.floorUrl = floorUrl;
    this.runtime = runtime;
    this.#folder = folder;
  }

  /** Starts a stack on a new state folder, or on one that an earlier stack left. */
  static async start(options: { isSinkPaused: boolean; folder?: string }): Promise<BenchStack> {
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'tidemark-bench-'));
    const [port, floorPort] = [await findFreePort(), await findFreePort()];
    const runtime = await Runtime.start({
      port,
      stateFolder: folder,
      dataFolder: join(folder, 'data'),
      temporaryFolder: join(folder, 'tmp'),
      bindings: { TIDEMARK_ROOT_KEY: ROOT_KEY, TIDEMARK_LOCAL: '1' },
      onRestart: () => {},
      isSinkPaused: options.isSinkPaused,
      beside: [floorWorker(floorPort)],
    });
    await migrate(await runtime.database(), migrationsFolder);
    return new BenchStack(`http://127.0.0.1:${port}`, `http://127.0.0.1:${floorPort}`, runtime, folder);
  }

  /** Creates a tenant with six rollups: the five default ones and one of its own. */
  async tenant(id: string): Promise<Keys> {
    const { keys } = (await this.call('POST', '/v1/tenants', ROOT_KEY, { id, name: id })) as { keys: Keys };
    await this.call('POST', '/v1/rollups', keys.admin, {
      name: 'value-by-plan',
      dimensions: ['plan'],
      measures: ['count', { sum: 'value' }],
    });
    return keys;
  }

  async call(method: string, path: string, key: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  get folder(): string {
    return this.#folder;
  }

  async stop(options: { keep?: boolean } = {}): Promise<void> {
    await this.runtime.stop();
    if (!options.keep) rmSync(this.#folder, { recursive: true, force: true });
  }
}

function floorWorker(port: number): object {
  return {
    name: 'floor',
    modules: [
      { type: 'ESModule', path: 'floor.mjs', contents: readFileSync(join(root, 'test/bench/floor.mjs'), 'utf8') },
    ],
    compatibilityDate: '2026-10-15',
    durableObjects: { FLOOR: { className: 'Floor', useSQLite: true } },
    unsafeDirectSockets: [{ host: '127.0.0.1', port }],
  };
}

/** Runs the load in a separate process. */
export function load(order: LoadOrder): Promise<LoadReport> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'test/bench/load.ts'), JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve(JSON.parse(output)) : reject(new Error(`The load process ended with code ${code}.`)),
    );
  });
}
