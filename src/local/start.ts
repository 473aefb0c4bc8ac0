// `npm start`: the local stack. Lock the state folder, end what a killed parent left, build, serve, migrate, drive cron.

import { setTimeout as sleep } from 'node:timers/promises';
import { driveCron } from './cron.ts';
import { demoTenant, ensureDemo, keptDemoKeys, type TenantKeys } from './demo.ts';
import { migrate } from './migrate.ts';
import { parseOptions, type StackOptions } from './options.ts';
import { migrationsFolder, stateFiles } from './paths.ts';
import { end, findRuntimes, isAlive } from './processes.ts';
import { findRootKey, rootKeyName } from './root-key.ts';
import { Runtime } from './runtime.ts';
import { type LockContent, StateLock } from './state-lock.ts';
import { watch } from './watchdog.ts';

const everyMinute = '* * * * *';

async function start(options: StackOptions): Promise<void> {
  const { stateFolder, port } = options;
  const files = stateFiles(stateFolder);
  const url = `http://127.0.0.1:${port}`;
  const { lock, left } = await StateLock.acquire(files.lock);
  const stop = stopOnce(lock);
  stopOnSignals(stop);
  try {
    await endOrphans(stateFolder, left);

    const rootKey = findRootKey(process.env);
    const keptKeys = keptDemoKeys(rootKey, files.keys);
    const record = () => recordRuntime(lock, stateFolder, url);
    const announceRestart = () => {
      record();
      console.log(`The runtime was restarted.\nTidemark ready: ${url}`);
    };
    const runtime = await Runtime.start({
      port,
      stateFolder,
      dataFolder: files.data,
      temporaryFolder: files.temporary,
      bindings: {
        [rootKeyName]: rootKey,
        TIDEMARK_LOCAL: '1',
        TIDEMARK_CHECK_ANSWERS: process.env.TIDEMARK_CHECK_ANSWERS ?? '',
        ...(keptKeys && demoBinding(keptKeys)),
      },
      onRestart: announceRestart,
    });
    stop.runtime = runtime;
    stopOnSignals(stop);
    record();

    const applied = await migrate(await runtime.database(), migrationsFolder);
    for (const name of applied) console.log(`Applied migration ${name}`);

    const keys = await ensureDemo(url, rootKey, files.keys);
    if (!keptKeys) {
      await runtime.addBindings(demoBinding(keys));
      record();
    }
    console.log(`Tidemark ready: ${url}`);
    const isRunning = () => lock.isRuntimeAlive() || findRuntimes(stateFolder).length > 0;
    const restart = async () => {
      await runtime.restart();
      stopOnSignals(stop);
      announceRestart();
    };
    void watch({ isRunning, restart }, stop.signal);
    await driveCron(() => runtime.runCron(everyMinute), options.cronIntervalMs, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return;
    await stop.now();
    throw error;
  }
}

/** What the page at `/` may show: never the admin key. */
function demoBinding({ write, read }: TenantKeys): Record<string, string> {
  return { DEMO_KEYS: JSON.stringify({ tenant: demoTenant, write, read }) };
}

/** A runtime outlives a parent that was killed; left alone, it would be a second writer on this state. */
async function endOrphans(stateFolder: string, left: LockContent | undefined): Promise<void> {
  const orphans = findRuntimes(stateFolder);
  const recorded = left?.runtime;
  if (recorded && isAlive(recorded) && !orphans.some(({ pid }) => pid === recorded.pid)) orphans.push(recorded);
  for (const orphan of orphans) {
    console.log(`Ending the runtime ${orphan.pid}, which a killed parent left behind`);
    await end(orphan);
  }
}

function recordRuntime(lock: StateLock, stateFolder: string, url: string): void {
  const [runtime] = findRuntimes(stateFolder);
  lock.update({ url, ...(runtime && { runtime }) });
}

/** Ends runtime and lock, once. */
function stopOnce(lock: StateLock) {
  const controller = new AbortController();
  const stop = {
    runtime: undefined as Runtime | undefined,
    signal: controller.signal,
    async now() {
      if (controller.signal.aborted) return;
      controller.abort();
      await Promise.race([stop.runtime?.stop(), sleep(5_000)]);
      lock.release();
    },
  };
  return stop;
}

/** Takes the signals over from Miniflare, whose own handler would exit before the lock is released. */
function stopOnSignals(stop: { now(): Promise<void> }): void {
  const exit = () => void stop.now().finally(() => process.exit(0));
  for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.removeAllListeners(event).on(event, exit);
}

try {
  await start(parseOptions(process.argv.slice(2), process.env));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
