/**
 * Download: fetches one part of an export and checks it against the server's receipt: its size and its SHA-256.
 */
import { createHash } from 'node:crypto';
import type { WireReceipt } from '../../wire/export.ts';
import type { Client } from '../kit/client.ts';
import { CliError } from '../kit/command.ts';

export type Receipt = Pick<WireReceipt, 'rows' | 'sizeBytes' | 'sha256' | 'asOf'>;

/** Passes the bytes on as they arrive; throws a BrokenExport when they are not those of the receipt. */
export async function download(
  client: Client,
  body: Readonly<Record<string, unknown>>,
  onBytes: (bytes: Uint8Array) => void,
): Promise<Receipt> {
  const response = await client.open('/v1/export', { method: 'POST', body, headers: { accept: '*/*' } });
  const id = response.headers.get('x-export-id');
  if (id === null || response.body === null)
    throw new CliError('The answer of the server is not an export', 'tidemark doctor checks the server.');
  const hash = createHash('sha256');
  let sizeBytes = 0;
  try {
    for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
      hash.update(bytes);
      sizeBytes += bytes.length;
      onBytes(bytes);
    }
  } catch (cause) {
    throw new BrokenExport(`the connection broke after ${sizeBytes} bytes`, { cause });
  }
  const { status, body: receipt } = await client.call<Receipt>(`/v1/export/${id}`, { allow: [404] });
  if (status === 404) throw new BrokenExport(`the server stopped after ${sizeBytes} bytes`);
  if (receipt.sizeBytes !== sizeBytes || receipt.sha256 !== hash.digest('hex')) {
    throw new BrokenExport(`the ${sizeBytes} bytes that arrived are not the ${receipt.sizeBytes} bytes that were sent`);
  }
  return receipt;
}

/** An export that did not arrive whole; the same call may succeed when it is made again. */
export class BrokenExport extends Error {
  override name = 'BrokenExport';
}

/** Removes the first line from a stream of bytes. */
export function withoutFirstLine(onBytes: (bytes: Uint8Array) => void): (bytes: Uint8Array) => void {
  const LINE_FEED = 10;
  let isBehindFirstLine = false;
  return (bytes) => {
    if (isBehindFirstLine) return onBytes(bytes);
    const end = bytes.indexOf(LINE_FEED);
    isBehindFirstLine = end !== -1;
    if (isBehindFirstLine && end + 1 < bytes.length) onBytes(bytes.subarray(end + 1));
  };
}
