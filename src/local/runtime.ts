/**
 * Runtime: the workerd process behind Miniflare, set up from wrangler.toml like a deployment.
 *
 * Miniflare itself restarts a workerd that died, on the same port and state; the watchdog covers the restarts that
 * fail. The stack does not use `wrangler dev`, whose proxy caps it near 800 requests a second.
 *
 * Requests reach the Worker by a socket of its own. Miniflare's Worker, which would stand before it, serves every object of
 * R2 without a key below /cdn-cgi/local/; it listens on another port, with a path before every path, so that it serves
 * nothing.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { unstable_getMiniflareWorkerOptions as readWorkerOptions } from 'wrangler';
import { buildWorker } from './build.ts';
import { configFile } from './paths.ts';
import { stateMark } from './processes.ts';

export type Database = Awaited<ReturnType<Miniflare['getD1Database']>>;

export type RuntimeOptions = {
  readonly port: number;
  readonly stateFolder: string;
  readonly dataFolder: string;
  /** A folder that each start empties: a runtime that was killed leaves its files there. */
  readonly temporaryFolder: string;
  /** Bindings in addition to those of wrangler.toml. */
  readonly bindings: Record<string, string>;
  readonly onRestart: () => void;
  /** Options of further Workers in the same process. The benchmark measures its floor with one. */
  readonly beside?: readonly object[];
  /**
   * Whether the queues have no consumers, so that nothing is stored. The benchmark sends its bursts to such a stack.
   */
  readonly isSinkPaused?: boolean;
};

/** The place below which Miniflare's own Worker looks for every path that it is asked for. Nothing is there. */
const NOWHERE = 'http://127.0.0.1/nowhere/';

// Without this, wrangler prints at each read of the configuration that it found .dev.vars.
process.env.WRANGLER_LOG ??= 'error';

export class Runtime {
  #miniflare: Miniflare;
  readonly #script: string;
  #options: RuntimeOptions;

  private constructor(miniflare: Miniflare, script: string, options: RuntimeOptions) {
    this.#miniflare = miniflare;
    this.#script = script;
    this.#options = options;
  }

  /** Builds the Worker and starts it; resolves when the port answers. */
  static async start(options: RuntimeOptions): Promise<Runtime> {
    rmSync(options.temporaryFolder, { recursive: true, force: true });
    mkdirSync(options.temporaryFolder, { recursive: true });
    const { main, define } = readWorkerOptions(configFile);
    if (!main) throw new Error('wrangler.toml names no main');
    const script = await buildWorker(main, define);
    const miniflare = new Miniflare(toMiniflareOptions(script, options));
    await miniflare.ready;
    return new Runtime(miniflare, script, options);
  }

  database(): Promise<Database> {
    return this.#miniflare.getD1Database('DB');
  }

  /** Restarts workerd with additional bindings. */
  async addBindings(bindings: Record<string, string>): Promise<void> {
    this.#options = { ...this.#options, bindings: { ...this.#options.bindings, ...bindings } };
    await this.#miniflare.setOptions(toMiniflareOptions(this.#script, this.#options));
  }

  /** Starts a new Miniflare: one whose own restart failed does not recover. */
  async restart(): Promise<void> {
    await this.#miniflare.dispose().catch(() => {});
    this.#miniflare = new Miniflare(toMiniflareOptions(this.#script, this.#options));
    await this.#miniflare.ready;
  }

  /** Calls the scheduled handler, because cron never fires by itself locally. */
  async runCron(cron: string): Promise<void> {
    const worker = await this.#miniflare.getWorker();
    await worker.scheduled({ cron, scheduledTime: new Date() });
  }

  async stop(): Promise<void> {
    await this.#miniflare.dispose();
  }
}

function toMiniflareOptions(script: string, options: RuntimeOptions) {
  const { workerOptions, externalWorkers } = readWorkerOptions(configFile);
  const { modulesRules: _, ...worker } = workerOptions;
  const v4Options = {
    host: '127.0.0.1',
    port: 0,
    upstream: NOWHERE,
    resourcePersistencePath: options.dataFolder,
    resourceTmpPath: options.temporaryFolder,
    cf: false,
    telemetry: { enabled: false },
    log: new Log(LogLevel.WARN),
    unsafeRuntimeEnv: { [stateMark]: options.stateFolder },
    unsafeHandleRuntimeRestart: options.onRestart,
    workers: [
      {
        ...worker,
        name: 'tidemark',
        modules: [{ type: 'ESModule', path: 'worker.mjs', contents: script }],
        bindings: { ...(worker.bindings as Record<string, string>), ...options.bindings },
        ...(options.isSinkPaused && { queueConsumers: {} }),
        unsafeDirectSockets: [{ host: '127.0.0.1', port: options.port }],
      },
      ...externalWorkers,
      ...(options.beside ?? []),
    ],
  };
  // Wrangler and Miniflare describe the same options with different types.
  return convertV4MiniflareOptions(v4Options as unknown as Parameters<typeof convertV4MiniflareOptions>[0]);
}
