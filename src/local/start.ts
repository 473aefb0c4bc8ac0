/**
 * Start: the program behind `npm start`, which runs the local stack.
 *
 * lock the state folder → end runtimes that a killed parent left → build → serve → migrate → free what they held → drive cron
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { driveCron } from './cron.ts';
import { demoTenant, ensureDemo, type KeptTenantKeys, keptDemoKeys } from './demo.ts';
import { freeLostSeals } from './lost-work.ts';
import { migrate } from './migrate.ts';
import { parseOptions, type StackOptions, stackUsage } from './options.ts';
import { migrationsFolder, stateFiles } from './paths.ts';
import { mustBeFree } from './port.ts';
import { end, findRuntimes, isAlive, type ProcessIdentity } from './processes.ts';
import { findRootKey, rootKeyName } from './root-key.ts';
import { Runtime } from './runtime.ts';
import { StateLock } from './state-lock.ts';
import { watch } from './watchdog.ts';

const everyMinute = '* * * * *';

async function start(options: StackOptions): Promise<void> {
  const { stateFolder, port } = options;
  const files = stateFiles(stateFolder);
  const url = `http://127.0.0.1:${port}`;
  closeFolder(stateFolder);
  const { lock, staleContent } = await StateLock.acquire(files.lock);
  const stop = stopOnce(lock);
  stopOnSignals(stop);
  try {
    await endOrphans(stateFolder, staleContent?.runtime);
    await mustBeFree(port);

    const rootKey = findRootKey(process.env);
    const keptKeys = keptDemoKeys(rootKey, files.keys);
    const freeHeld = async () => {
      if (stop.runtime !== undefined) await freeLostSeals(await stop.runtime.database());
    };
    const record = () => recordRuntime(lock, stateFolder, url);
    const announceRestart = () => {
      record();
      console.log(`The runtime was restarted.\nTidemark ready: ${url}`);
      // A runtime that has died again meanwhile is restarted, and then this comes again.
      freeHeld().catch(() => {});
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
    await freeHeld();

    const keys = await ensureDemo(url, rootKey, files.keys);
    if (!keptKeys?.browser) {
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

/** Closes the state folder to other users, also one whose files an earlier release made readable for all. */
function closeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
}

/** The keys that the page at `/` may show, never the admin key. It sends with the browser key, as any page should. */
function demoBinding({ browser, write, read }: KeptTenantKeys): Record<string, string> {
  return { DEMO_KEYS: JSON.stringify({ tenant: demoTenant, write: browser ?? write, read }) };
}

/** Ends runtimes that outlived a killed parent: each would be a second writer on this state. */
async function endOrphans(stateFolder: string, recorded: ProcessIdentity | undefined): Promise<void> {
  const orphans = findRuntimes(stateFolder);
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

/** Returns a handle that stops the runtime and releases the lock, once. */
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
  const exit = (signal?: NodeJS.Signals) => {
    // Only a terminal sends this signal; after another one the output may have no reader any more.
    if (signal === 'SIGINT') console.log('\nStopping. The state is kept: npm start goes on with it.');
    void stop.now().finally(() => process.exit(0));
  };
  for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.removeAllListeners(event).on(event, exit);
}

// The state holds events and keys: no other user of the machine may read a file that this process or its runtime makes.
process.umask(0o077);

try {
  const options = parseOptions(process.argv.slice(2), process.env);
  if (options === null) console.log(stackUsage);
  else await start(options);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const isUsage = code?.startsWith('ERR_PARSE_ARGS') ?? false;
  console.error(isUsage ? `${message.split('. ')[0]}. See npm start -- --help` : message);
  process.exit(isUsage ? 2 : 1);
}
