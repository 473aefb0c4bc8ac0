// Gate: stands before the stack like a network that fails: it passes requests on and records them, and on demand refuses
// some, or passes one on and loses its answer.

import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** The status that the client was given. */
  readonly status: number;
  /** The body of the stack's answer; empty when the request was not passed on. */
  readonly answer: string;
}

/** A fault of the requests that bring events. */
export interface Fault {
  readonly status: number;
  /** Whether the stack gets the request all the same, so that only its answer is lost. */
  readonly passesOn?: boolean;
  /** The member `code` of the answer, which Amplitude's SDKs read. */
  readonly code?: number;
}

export interface Gate {
  readonly url: string;
  readonly seen: SeenRequest[];
  /** The next requests that match meet these faults, one each. */
  fail(matches: RegExp, ...faults: Fault[]): void;
  close(): Promise<void>;
}

/** Headers of a fault that a page of the origin may read. */
function faultHeaders({ headers }: IncomingMessage): Record<string, string> {
  return {
    'access-control-allow-origin': headers.origin ?? '*',
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'retry-after',
    'retry-after': '1',
  };
}

export async function openGate(stackUrl: string): Promise<Gate> {
  const seen: SeenRequest[] = [];
  let faults: Fault[] = [];
  let pattern = /^$/;
  const server = createServer(async (incoming, response) => {
    const body = await read(incoming);
    const isPreflight = incoming.method === 'OPTIONS';
    const fault = !isPreflight && pattern.test(incoming.url ?? '') ? faults.shift() : undefined;
    const passed = fault === undefined || fault.passesOn ? await passOn(stackUrl, incoming, body) : null;
    const status = fault?.status ?? passed?.response.statusCode ?? 502;
    const { method = '', url: path = '', headers } = incoming;
    seen.push({ method, path, headers, body, status, answer: passed?.answer.toString() ?? '' });
    if (fault !== undefined)
      response.writeHead(status, faultHeaders(incoming)).end(JSON.stringify({ code: fault.code }));
    else response.writeHead(status, passed?.response.headers).end(passed?.answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    fail(matches, ...next) {
      pattern = matches;
      faults = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/**
 * Keeps the headers as they are: the vendor's host is the gate's, so links that answers hold lead through it too. Beside them it
 * names the client, as a proxy does, because the local stack is told no address.
 */
function passOn(stackUrl: string, incoming: IncomingMessage, body: Buffer): Promise<Passed> {
  const { method, url } = incoming;
  const headers = { 'x-forwarded-for': incoming.socket.remoteAddress, ...incoming.headers };
  const { hostname, port } = new URL(stackUrl);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path: url, headers }, (response) => {
      read(response).then((answer) => resolve({ response, answer }), reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

interface Passed {
  readonly response: IncomingMessage;
  readonly answer: Buffer;
}
