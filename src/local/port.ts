/**
 * Port: whether a port of this machine is free.
 */
import { createServer } from 'node:net';

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** Throws what the user does about a port that another program holds. */
export async function mustBeFree(port: number): Promise<void> {
  if (await isPortFree(port)) return;
  const other = port < 65_535 ? port + 1 : port - 1;
  throw new Error(
    `The port ${port} is taken by another program. End it, or choose another port: npm start -- --port ${other}`,
  );
}
