// Programs: the examples of README.md and the guides in JavaScript, TypeScript and HTML run as printed, against a local
// stack. Only hosts and keys are others. Those of the vendors' pages need SDKs that `npm run clients` installs and runs.

import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build, transform } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../src/local/paths.ts';
import type { ListedEvent } from '../../src/wire/events.ts';
import { chromiumPath, launchChromium } from '../browser/chromium.ts';
import { runCli } from '../cli/support/run-cli.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { answerOf, createTenant, send, type TestTenant } from './support/api.ts';
import { type Block, blocksIn, nameOf } from './support/blocks.ts';

const programs = blocksIn(['js', 'ts', 'html']);
const isOfVendor = ({ page }: Block) => page.startsWith('docs/guides/from/');

/** The programs that run here, by what they are. */
const HERE = {
  segment: "README.md: import { Analytics } from '@segment/analytics-node';",
  script: 'README.md: <script async src="http://127.0.0.1:8787/tm.js" data-key="tm_browser_…"></script>',
  scriptOfGuide:
    'docs/guides/sending.md: <script async src="https://tidemark.example.com/tm.js" data-key="tm_browser_…"></script>',
  calls: 'docs/guides/sending.md: <script>',
  bundle: "docs/guides/sending.md: import { createTidemark } from 'tidemark/sdk';",
  server: "docs/guides/sending.md: import { createTidemark } from 'tidemark/sdk/node';",
  mapping: "docs/guides/import.md: import type { CsvRow, Mapping } from '../src/cli/import/mapping.ts';",
  watching:
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a line of the guide, as it stands there
    "docs/guides/live.md: const { ticket } = await (await fetch('/v1/live/ticket', { method: 'POST', headers: { authorization: `Bearer ${readKey}` } })).json();",
};

let stack: Stack;
let folder: string;
let tenant: TestTenant & { readonly keys: { readonly server: string; readonly browser: string } };
let count = 0;

beforeAll(async () => {
  execFileSync(process.execPath, [join(root, 'scripts/build-sdk.ts')], { cwd: root });
  stack = await startStack();
  // The folder of somebody who has installed the packages.
  folder = mkdtempSync(join(tmpdir(), 'tidemark-programs-'));
  mkdirSync(join(folder, 'node_modules/@segment'), { recursive: true });
  symlinkSync(root, join(folder, 'node_modules/tidemark'), 'dir');
  const segment = 'node_modules/@segment/analytics-node';
  symlinkSync(join(root, segment), join(folder, segment), 'dir');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A program as printed, with the stack for its host and the keys of a tenant of its own. */
async function programOf(what: keyof typeof HERE): Promise<string> {
  const made = await createTenant(stack, `program-${++count}`);
  const { key: browser } = await answerOf<{ key: string }>(
    send(`${stack.url}/v1/keys`, made.keys.admin, { scope: 'browser' }),
    201,
  );
  tenant = { ...made, keys: { ...made.keys, server: made.keys.write, browser } };
  const block = programs.find((each) => nameOf(each) === HERE[what]);
  if (block === undefined) throw new Error(`There is no program ${HERE[what]}`);
  return withHost(block.text);
}

function withHost(text: string): string {
  return text
    .replaceAll(/https:\/\/(tidemark|events)\.example\.com|http:\/\/127\.0\.0\.1:8787/g, stack.url)
    .replaceAll('tm_browser_…', tenant.keys.browser);
}

async function runOnNode(name: string, program: string): Promise<void> {
  writeFileSync(join(folder, name), program);
  await promisify(execFile)(process.execPath, [join(folder, name)], {
    env: { ...process.env, SERVER_KEY: tenant.keys.server },
  });
}

/** The events of the tenant, oldest first, once there are as many as wanted. */
async function eventsOf(wanted: number): Promise<readonly ListedEvent[]> {
  let events: ListedEvent[] = [];
  const read = async () => {
    const answer = send(`${stack.url}/v1/events?limit=50`, tenant.keys.read, undefined, 'GET');
    ({ events } = await answerOf<{ events: ListedEvent[] }>(answer));
    return events.length;
  };
  await expect.poll(read, { timeout: 20_000 }).toBe(wanted);
  return events.reverse();
}

const namesOf = async (wanted: number) => (await eventsOf(wanted)).map(({ event }) => event).sort();

describe('the programs', () => {
  it('run here, or in the suite of their SDK or client', () => {
    const others = programs.filter((block) => !isOfVendor(block) && !block.text.includes('tidemark/client'));
    expect(others.map(nameOf).sort()).toEqual(Object.values(HERE).sort());
  });

  it.each(programs.map((block) => [`${block.page}:${block.line}`, block] as const))(
    '%s can be read',
    async (_, block) => {
      if (block.language === 'html') expect(block.text).toMatch(/^<script\b[\s\S]*<\/(script|button)>\n$/);
      else await expect(transform(block.text, { loader: 'ts', format: 'esm' })).resolves.toBeTruthy();
    },
  );

  it('of the vendors name addresses that take what is sent', async () => {
    await programOf('script');
    const addresses = programs
      .filter(isOfVendor)
      .flatMap(({ text }) => [...withHost(text).matchAll(/http:\/\/127\.0\.0\.1:\d+(\/[^\s'"]+)/g)])
      // The SDK puts a path of its own behind an address that ends with the key.
      .filter(([, path = '']) => !path.endsWith(tenant.keys.browser));
    expect(addresses.length).toBeGreaterThan(5);
    for (const [address] of addresses) {
      const answer = await send(address, tenant.keys.server, {});
      expect([200, 204, 400, 401], `${address} ${answer.status}`).toContain(answer.status);
    }
  });
});

describe('on Node', () => {
  it('the SDK of Segment sends what README.md says', async () => {
    await runOnNode('segment.mjs', await programOf('segment'));
    const [event] = await eventsOf(1);
    expect(event).toMatchObject({ event: 'Purchase', userId: 'ann', properties: { value: 12.5 } });
  });

  it('our module for servers sends, once', async () => {
    const program = await programOf('server');
    for (let run = 0; run < 2; run++) await runOnNode('server.mjs', program);
    expect(await eventsOf(1)).toMatchObject([
      { id: 'order-17', event: 'Order Paid', userId: 'ann', properties: { value: 12.5 } },
    ]);
  });

  it('the mapping imports rows, skips them and refuses them', async () => {
    writeFileSync(join(folder, 'orders.map.ts'), await programOf('mapping'));
    const rows = ['paid,12.5,ann,acme,DE', 'test,1,bob,,FR', 'paid,?,cid,,US', 'paid,7,,,GB'];
    const lines = rows.map((row, day) => `${row},2024-03-0${day + 1}T10:00:00Z`);
    writeFileSync(
      join(folder, 'orders.csv'),
      ['status,amount,customer,company,country,created_at', ...lines].join('\n'),
    );
    const argv = [
      'import',
      'orders.csv',
      '--tenant',
      tenant.id,
      '--map',
      'orders.map.ts',
      '--json',
      '--url',
      stack.url,
    ];
    const { out, notes } = await runCli(argv, { cwd: folder, env: { TIDEMARK_WRITE_KEY: tenant.keys.server } });
    expect(JSON.parse(out).rows, notes).toEqual({ read: 4, sent: 2, skipped: 1, unreadable: 1 });
    const range = { from: '2024-03-01', to: '2024-04-01' };
    const answer = send(`${stack.url}/v1/query`, tenant.keys.read, {
      measure: { sum: 'value' },
      groupBy: ['country'],
      ...range,
    });
    const { series } = await answerOf<{ series: { key: { country: string }; total: number }[] }>(answer);
    expect(series.map(({ key, total }) => [key.country, total])).toEqual([
      ['DE', 12.5],
      ['GB', 7],
    ]);
  });
});

describe.skipIf(chromiumPath === undefined)('in a page', () => {
  let browser: Browser;
  let site: Server;
  let html = '';

  beforeAll(async () => {
    browser = await launchChromium();
    site = createServer((_, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(`<!doctype html><html lang="en"><title>A page</title>${html}</html>`);
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await browser?.close();
    site?.closeAllConnections();
    site?.close();
  });

  async function open(content: string): Promise<Page> {
    html = content;
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
    return page;
  }

  it('the script of README.md sends a page view', async () => {
    const page = await open(await programOf('script'));
    expect(await namesOf(1)).toEqual(['page']);
    await page.close();
  });

  it('the script, the calls and the button of the guide send', async () => {
    const script = await programOf('scriptOfGuide');
    const calls = programs.find((each) => nameOf(each) === HERE.calls)!.text;
    const page = await open(`${calls}${script.replace('data-key', 'data-extras="autocapture" data-key')}`);
    expect(await namesOf(3)).toEqual(['Signed Up', 'identify', 'page']);
    await page.getByRole('button', { name: 'Choose' }).click();
    const events = await eventsOf(4);
    expect(events.find(({ event }) => event === 'Plan Chosen')).toMatchObject({ properties: { plan: 'pro' } });
    expect(events.find(({ event }) => event === 'Signed Up')).toMatchObject({ userId: 'ann' });
    await page.close();
  });

  it('the module of a bundle sends', async () => {
    writeFileSync(join(folder, 'page.ts'), await programOf('bundle'));
    const entryPoints = [join(folder, 'page.ts')];
    const { outputFiles } = await build({ entryPoints, bundle: true, format: 'esm', write: false });
    const page = await open(`<script type="module">${outputFiles[0]!.text}</script>`);
    expect((await namesOf(2)).sort()).toEqual(['Signed Up', 'page']);
    await page.close();
  });

  it('the watcher of the live stream hears the first message', async () => {
    const program = (await programOf('watching')).replace('wss:', 'ws:');
    const page = await browser.newPage();
    await page.goto(stack.url);
    const seen = await page.evaluate<{ type: string; seq: number; after: number }>(`(async () => {
      const readKey = '${tenant.keys.read}';
      ${program}
      return new Promise((resolve, reject) => {
        socket.addEventListener('message', ({ data }) => resolve({ ...JSON.parse(data), after }));
        socket.addEventListener('close', ({ code }) => reject(new Error('closed with ' + code)));
      });
    })()`);
    expect(seen).toMatchObject({ type: 'hello', after: seen.seq });
    await page.close();
  });
});
