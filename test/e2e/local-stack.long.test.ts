// The local stack as a user meets it: it gets ready, locks its state, cleans up, and survives any kill with its state.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakeBucket, openLocalLake } from '../../src/local/lake-files.ts';
import { root, stateFiles } from '../../src/local/paths.ts';
import { end, findRuntimes, identify } from '../../src/local/processes.ts';
import { type Stack, startStack, type Victim } from '../support/stack.ts';

describe('the local stack', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'tidemark-local-stack-'));
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({ stateDir });
  });

  afterAll(async () => {
    await stack.stop();
    expect(findRuntimes(stateDir)).toEqual([]);
    expect(existsSync(stateFiles(stateDir).lock)).toBe(false);
    rmSync(stateDir, { recursive: true, force: true });
  });

  const isHealthy = async () => (await fetch(`${stack.url}/healthz`)).ok;

  /** The status of creating a tenant. 409 shows that it exists, a fact in D1 that must outlive every kill. */
  const createTenant = async (id: string) => {
    const response = await fetch(`${stack.url}/v1/tenants`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.rootKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ id, name: id }),
    });
    return response.status;
  };

  it('says where it serves and keeps the keys of the demo tenant to its owner', async () => {
    expect(stack.output()).toContain(`Tidemark ready: ${stack.url}\n`);
    expect(await isHealthy()).toBe(true);
    expect(stack.keys()).toMatchObject({ url: stack.url, root: stack.rootKey });
    expect(Object.keys(stack.keys().tenants.demo ?? {}).sort()).toEqual([
      'admin',
      'browser',
      'read',
      'server',
      'write',
    ]);
    const { keys, lock, data } = stateFiles(stateDir);
    expect(statSync(keys).mode & 0o777).toBe(0o600);
    expect(statSync(stateDir).mode & 0o777).toBe(0o700);
    for (const made of [lock, data, ...readdirSync(data, { recursive: true }).map((file) => join(data, String(file)))])
      expect(statSync(made, { throwIfNoEntry: false })?.mode ?? 0, made).toSatisfy(
        (mode: number) => (mode & 0o077) === 0,
      );
  });

  it('gives no object of the lake to a request without a key, on any port that it listens to', async () => {
    const { write } = stack.keys().tenants.demo!;
    const headers = { authorization: `Bearer ${write}`, 'content-type': 'application/x-ndjson' };
    const event = { event: 'Seen', userId: 'ann', timestamp: '2026-01-05T10:00:00Z' };
    await fetch(`${stack.url}/v1/import`, { method: 'POST', headers, body: JSON.stringify(event) });
    const object = `lake/v1/${write!.split('_')[2]}/current.json`;
    await expect.poll(() => fileOf(stateDir, object), { timeout: 30_000 }).toBeDefined();
    const inBucket = `${lakeBucket}/${object}`;
    const ports = listeningPorts(stack.runtimePid());
    expect(ports).toContain(stack.port);
    expect(ports.length).toBeGreaterThan(1);
    for (const port of ports)
      for (const path of [
        `/cdn-cgi/local/r2/public/${inBucket}`,
        `/cdn-cgi/local/r2/s3/${inBucket}`,
        '/cdn-cgi/local/explorer',
        '/cdn-cgi/platform-proxy',
      ])
        for (const host of [`127.0.0.1:${port}`, `127.0.0.1:${stack.port}`, 'localhost', 'shop.example']) {
          const { status, body } = await get(port, path, { host });
          expect([400, 403, 404], `${port}${path} ${host}: ${body}`).toContain(status);
          expect(body).not.toContain('PAR1');
        }
    // A header of Miniflare's proxies names another address than the one that is asked for.
    const forged = { 'mf-original-url': `http://127.0.0.1:${stack.port}/cdn-cgi/local/r2/public/${inBucket}` };
    for (const port of ports) expect((await get(port, '/', forged)).body).not.toContain('segments');
    expect(await isHealthy()).toBe(true);
  });

  it('refuses a second start on the same state folder and says who holds it', () => {
    const second = spawnSync(process.execPath, [join(root, 'src/local/start.ts'), '--port', '1', '--state', stateDir], {
      encoding: 'utf8',
    });
    expect(second.status).toBe(1);
    expect(second.stderr).toContain(`process ${stack.pid}`);
    expect(second.stderr).toContain(stateDir);
  });

  it('restarts a runtime that was killed, on the same port', async () => {
    expect(await createTenant('before-the-kill')).toBe(201);
    const killed = stack.runtimePid();
    await stack.kill('runtime');
    await stack.waitFor(`Tidemark ready: ${stack.url}`, 2);
    expect(stack.runtimePid()).not.toBe(killed);
    expect(await isHealthy()).toBe(true);
    expect(await createTenant('before-the-kill')).toBe(409);
  });

  it('restarts a runtime that is killed again while it starts', async () => {
    await stack.kill('runtime');
    await sleep(100);
    for (const starting of findRuntimes(stateDir)) await end(starting);
    await expect.poll(() => isHealthy().catch(() => false), { timeout: 30_000 }).toBe(true);
  });

  it('ends the runtime that a killed parent left behind', async () => {
    const orphan = stack.runtimePid();
    await stack.kill('parent');
    expect(identify(orphan)).toBeDefined();
    stack = await startStack({ stateDir, port: stack.port });
    expect(identify(orphan)).toBeUndefined();
    expect(findRuntimes(stateDir).map(({ pid }) => pid)).toEqual([stack.runtimePid()]);
    expect(stack.output()).toContain(`Ending the runtime ${orphan}`);
  });

  it.each<Victim>(['parent', 'both'])('keeps its state when %s is killed', async (victim) => {
    const tenant = `survives-${victim}`;
    expect(await createTenant(tenant)).toBe(201);
    const keys = stack.keys();
    await stack.kill(victim);
    stack = await startStack({ stateDir, port: stack.port });
    expect(await isHealthy()).toBe(true);
    expect(await createTenant(tenant)).toBe(409);
    expect(stack.keys()).toEqual(keys);
  });
});

/** Asks with the `Host` that a reverse proxy passes on; `fetch` would not send it. */
function get(port: number, path: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers, timeout: 10_000 }, (answer) => {
      let body = '';
      answer.setEncoding('latin1').on('data', (chunk) => (body += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    sent.on('error', reject).end();
  });
}

async function fileOf(stateFolder: string, object: string): Promise<string | undefined> {
  const lake = await openLocalLake(stateFolder);
  const file = lake?.fileOf(object);
  lake?.close();
  return file;
}

/** The TCP ports that a process listens to, from /proc. */
function listeningPorts(pid: number): number[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  const LISTENS = '0A';
  return readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTENS && sockets.has(fields[9] ?? ''))
    .map((fields) => Number.parseInt(fields[1]!.split(':')[1]!, 16));
}
