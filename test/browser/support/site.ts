// Site: a customer's website on a port of its own, whose pages load the SDK from Tidemark through a proxy that may fail.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of a request for events. */
export type Fault = 'none' | 'cut-before' | 'cut-after' | 'busy' | 'broken' | 'slow';

export interface Site {
  /** The origin of the pages. */
  readonly url: string;
  /** The origin of the SDK and of its calls. */
  readonly proxyUrl: string;
  close(): Promise<void>;
}

export interface SiteOptions {
  readonly stackUrl: string;
  readonly key: string;
  /** Further attributes of the script tag. */
  readonly attributes?: string;
  /** Asked for each request of events. Default: none fails. */
  readonly faultOf?: () => Fault;
}

export async function openSite({ stackUrl, key, attributes = '', faultOf = () => 'none' }: SiteOptions): Promise<Site> {
  const proxy = await listen((request, response) => forward(request, response, { stackUrl, faultOf }));
  const proxyUrl = urlOf(proxy);
  const pages = await listen((request, response) => {
    const path = new URL(request.url ?? '/', 'http://site').pathname;
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; script-src ${proxyUrl}; connect-src ${proxyUrl}`,
    });
    response.end(`<!doctype html><html lang="en"><title>Page ${path}</title>
<a id="out" href="https://other.example/there?secret=1">out</a>
<a id="file" href="/report.pdf">file</a>
<button id="plan" data-tm-event="Plan Chosen" data-tm-plan="pro">Choose</button>
<script async src="${proxyUrl}/tm.js" data-key="${key}" ${attributes}></script></html>`);
  });
  return {
    url: urlOf(pages),
    proxyUrl,
    close: async () => {
      for (const server of [proxy, pages]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { stackUrl, faultOf }: Required<Pick<SiteOptions, 'stackUrl' | 'faultOf'>>,
): Promise<void> {
  const isEvents = request.method === 'POST';
  const fault = isEvents ? faultOf() : 'none';
  const cors = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'retry-after' };
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  if (fault === 'cut-before') return void response.destroy();
  if (fault === 'busy') return void response.writeHead(429, { ...cors, 'retry-after': '1' }).end('{}');
  if (fault === 'broken') return void response.writeHead(500, cors).end('{}');
  const { host: _host, connection: _connection, ...headers } = request.headers as Record<string, string>;
  const answer = await fetch(stackUrl + request.url, {
    method: request.method ?? 'GET',
    headers,
    ...(isEvents && { body: Buffer.concat(chunks) }),
  });
  const body = Buffer.from(await answer.arrayBuffer());
  if (fault === 'cut-after') return void response.destroy();
  if (fault === 'slow') await new Promise((resolve) => setTimeout(resolve, 300));
  const { 'content-encoding': _encoding, 'content-length': _length, ...kept } = Object.fromEntries(answer.headers);
  response.writeHead(answer.status, kept).end(body);
}

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<Server> {
  const server = createServer((request, response) => {
    Promise.resolve(handle(request, response)).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
