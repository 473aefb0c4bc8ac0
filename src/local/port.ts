/**
 * Port: whether a port of this machine is free.
 */
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A runtime that was just ended, or a client that still tries to reach it, may hold its port a little longer. */
const RELEASE_MS_MAX = 3_000;
const LOOK_EVERY_MS = 100;

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** Throws what the user does about a port that another program holds. */
export async function mustBeFree(port: number): Promise<void> {
  for (let waitedMs = 0; waitedMs <= RELEASE_MS_MAX; waitedMs += LOOK_EVERY_MS) {
    if (await isPortFree(port)) return;
    await sleep(LOOK_EVERY_MS);
  }
  const other = port < 65_535 ? port + 1 : port - 1;
  throw new Error(
    `The port ${port} is taken by another program. End it, or choose another port: npm start -- --port ${other}`,
  );
}
