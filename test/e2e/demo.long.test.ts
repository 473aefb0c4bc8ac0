// `npm run demo` in small: a shop with history, boards and people in it, that ends with Ctrl-C and goes on when run again.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { root, stateFiles } from '../../src/local/paths.ts';
import { findRuntimes } from '../../src/local/processes.ts';
import { findFreePort } from '../support/stack.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'tidemark-demo-'));
const running = new Set<ChildProcess>();

afterAll(() => {
  for (const child of running) child.kill('SIGTERM');
  rmSync(stateDir, { recursive: true, force: true });
});

async function runDemo(port: number) {
  const args = ['--port', String(port), '--state', stateDir, '--days', '13', '--visits', '60'];
  const child = spawn(process.execPath, [join(root, 'src/cli/demo/main.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  running.add(child);
  let output = '';
  child.stdout?.on('data', (chunk) => (output += chunk));
  child.stderr?.on('data', (chunk) => (output += chunk));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const url = `http://127.0.0.1:${port}`;
  for (const giveUpAtMs = Date.now() + 90_000; !output.includes(`Open ${url}`); await sleep(50)) {
    if (child.exitCode !== null || Date.now() > giveUpAtMs) throw new Error(`The demo did not get ready:\n${output}`);
  }
  const key = JSON.parse(readFileSync(stateFiles(stateDir).keys, 'utf8')).tenants.demo.admin;
  const call = async (method: string, path: string, body?: object) => {
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    expect(answer.status).toBe(200);
    // biome-ignore lint/suspicious/noExplicitAny: answers of several calls
    return answer.json() as any;
  };
  const total = async (query: object) =>
    (await call('POST', '/v1/query', { measure: 'count', ...query })).series[0]?.total ?? 0;
  const stop = async () => {
    child.kill('SIGINT');
    expect(await exited).toBe(0);
    expect(findRuntimes(stateDir)).toEqual([]);
  };
  return { call, total, stop, output: () => output };
}

describe('the demo', () => {
  it('shows a shop that lives, ends with Ctrl-C, and goes on', { timeout: 240_000 }, async () => {
    const port = await findFreePort();
    const first = await runDemo(port);
    // Imported days count from their seal on.
    await expect.poll(() => first.total({ last: '14 days' }), { timeout: 90_000 }).toBeGreaterThan(1_000);
    const history = await first.total({ last: '14 days' });
    expect(await first.total({ events: ['Order Completed'], last: '14 days' })).toBeGreaterThan(10);
    const { boards } = await first.call('GET', '/v1/boards');
    expect(boards.map(({ id }: { id: string }) => id).sort()).toEqual(['checkout', 'morning']);
    for (const { id } of boards) {
      for (const tile of (await first.call('GET', `/v1/boards/${id}`)).tiles) {
        const { answer } = await first.call('POST', `/v1/boards/${id}/tiles/${tile.id}/answer`);
        expect([tile.id, JSON.stringify(answer).length > 300]).toEqual([tile.id, true]);
      }
    }
    const { annotations } = await first.call('GET', '/v1/annotations');
    expect(annotations.map(({ text }: { text: string }) => text)).toEqual(
      expect.arrayContaining(['Release 2.3', 'Release 2.3.1', 'Newsletter: flash sale']),
    );
    await expect.poll(() => first.total({ last: '1 day' }), { timeout: 30_000 }).toBeGreaterThan(20);
    await first.stop();
    expect(first.output()).toContain('goes on where it stopped');

    const second = await runDemo(port);
    expect(second.output()).not.toContain('History');
    const kept = await second.total({ last: '14 days' });
    expect(kept).toBeGreaterThanOrEqual(history);
    await expect.poll(() => second.total({ last: '14 days' }), { timeout: 30_000 }).toBeGreaterThan(kept);
    await second.stop();
  });
});
