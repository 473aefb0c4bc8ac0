// Page: a browser SDK in Chromium, bundled from its package and served from an origin of its own.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../../browser/chromium.ts';

/** What an ordinary browser says of itself: SDKs drop the events of headless ones. */
export const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

export interface SdkPage {
  readonly page: Page;
  /** The origin of the page, which is not the stack's. */
  readonly origin: string;
  /** Errors of the console and of scripts. */
  readonly complaints: string[];
  close(): Promise<void>;
}

let browser: Promise<Browser> | null = null;

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = null;
}

/** Opens a page whose script is `code`, which imports the SDK. `path` is that of the page, with its query. */
export async function openSdkPage(code: string, path = '/shop?utm_source=news&utm_campaign=may'): Promise<SdkPage> {
  const script = await bundle(code);
  const server = await serve(script);
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser ??= launchChromium(['--disable-blink-features=AutomationControlled']);
  const context = await (await browser).newContext({ userAgent: USER_AGENT, viewport: { width: 1280, height: 720 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(`${origin}${path}`, { waitUntil: 'load' });
  return {
    page,
    origin,
    complaints,
    async close() {
      await context.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bundle(code: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: join(import.meta.dirname, '..'), loader: 'ts' },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'chrome120',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  });
  return outputFiles[0]!.text;
}

function serve(script: string): Promise<Server> {
  const html =
    '<!doctype html><html><head><title>Shop</title></head><body><button id="buy">Buy</button><script src="/sdk.js"></script></body></html>';
  const server = createServer((request, response) => {
    const isScript = request.url === '/sdk.js';
    response.writeHead(200, {
      'content-type': isScript ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8',
    });
    response.end(isScript ? script : html);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
