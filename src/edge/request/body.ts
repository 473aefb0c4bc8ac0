/**
 * Body: the bytes of a request, unpacked, with the format its content type declares.
 *
 * in: a Request · out: {format, bytes}, or a Refusal
 * steps: content type → content encoding → announced size → read → unpack → not empty
 *
 * No step holds more than the limit it is given (an ingest's, a keyless body's, an import chunk's): an announced size is
 * believed only to refuse, a body without one is counted while it streams, and a gzip bomb stops inflating at the limit.
 * `text/plain` is JSON: what a page sends with `navigator.sendBeacon`, which may not name another type across origins
 * without a preflight.
 */
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/std/result.ts';
import type { Refusal } from './refusal.ts';

export type BodyFormat = 'json' | 'ndjson';

export interface Body {
  readonly format: BodyFormat;
  readonly bytes: Uint8Array;
}

const FORMAT_OF: ReadonlyMap<string, BodyFormat> = new Map([
  ['application/json', 'json'],
  ['text/plain', 'json'],
  ['application/x-ndjson', 'ndjson'],
  ['application/ndjson', 'ndjson'],
  ['application/jsonl', 'ndjson'],
]);
/** Documented ones; the others are their aliases. */
export const BODY_CONTENT_TYPES = ['application/json', 'application/x-ndjson', 'text/plain'] as const;

type Bytes = Uint8Array<ArrayBuffer>;
type BodyStream = ReadableStream<Uint8Array>;

export async function readBody(
  request: Request,
  sizeBytesMax: number = LIMITS.bodySizeBytesMax,
): Promise<Result<Body, Refusal>> {
  const format = formatOf(request.headers);
  if (!format.ok) return format;
  const gzip = isGzip(request.headers.get('content-encoding'));
  if (!gzip.ok) return gzip;
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > sizeBytesMax) return tooLarge(sizeBytesMax, announced);

  const packed =
    announced > 0 ? await readWhole(request, sizeBytesMax) : await readStream(request.body, sizeBytesMax, CUT_SHORT);
  if (!packed.ok) return packed;
  const bytes = gzip.value && packed.value.byteLength > 0 ? await inflate(packed.value, sizeBytesMax) : packed;
  if (!bytes.ok) return bytes;
  if (bytes.value.byteLength === 0) return err({ code: 'body-empty', detail: 'The body is empty.' });
  return ok({ format: format.value, bytes: bytes.value });
}

/** Known before the body is read. */
export function formatOf(headers: Headers): Result<BodyFormat, Refusal> {
  const contentType = headers.get('content-type');
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const format = FORMAT_OF.get(type.trim());
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  if (format !== undefined && (charset === undefined || /^charset="?utf-?8"?$/.test(charset))) return ok(format);
  const detail = `Send ${BODY_CONTENT_TYPES.join(', ')} in UTF-8; this is "${contentType ?? ''}".`;
  return err({ code: 'content-type-unsupported', detail });
}

function isGzip(contentEncoding: string | null): Result<boolean, Refusal> {
  const encoding = (contentEncoding ?? 'identity').trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return ok(false);
  if (encoding === 'gzip' || encoding === 'x-gzip') return ok(true);
  return err({ code: 'content-encoding-unsupported', detail: `Send gzip or nothing; this is "${contentEncoding}".` });
}

/** With a length announced within the limit the platform frames the body: one native read instead of many. */
async function readWhole(request: Request, sizeBytesMax: number): Promise<Result<Bytes, Refusal>> {
  const bytes = await attempt(request.arrayBuffer());
  if (bytes === null) return err(CUT_SHORT);
  return bytes.byteLength > sizeBytesMax ? tooLarge(sizeBytesMax, bytes.byteLength) : ok(new Uint8Array(bytes));
}

const CUT_SHORT: Refusal = { code: 'body-incomplete', detail: 'The body ended before it was complete.' };
const BAD_GZIP: Refusal = { code: 'gzip-invalid', detail: 'The body is not one whole gzip stream.' };

async function inflate(packed: Bytes, sizeBytesMax: number): Promise<Result<Bytes, Refusal>> {
  const source = new Response(packed).body as BodyStream;
  const inflated = source.pipeThrough(new DecompressionStream('gzip')) as BodyStream;
  const bytes = await readStream(inflated, sizeBytesMax, BAD_GZIP);
  if (!bytes.ok) await attempt(inflated.cancel());
  return bytes;
}

/**
 * Reads until the end or the limit, whichever comes first; `broken` is the refusal when the stream fails. What is beyond
 * the limit stays in the stream.
 */
async function readStream(
  stream: BodyStream | null,
  sizeBytesMax: number,
  broken: Refusal,
): Promise<Result<Bytes, Refusal>> {
  if (stream === null) return ok(new Uint8Array(0));
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for (;;) {
    const read = await attempt(reader.read());
    if (read === null) return err(broken);
    if (read.done) return ok(concat(chunks, sizeBytes));
    sizeBytes += read.value.byteLength;
    if (sizeBytes > sizeBytesMax) {
      reader.releaseLock();
      return tooLarge(sizeBytesMax, sizeBytes);
    }
    chunks.push(read.value);
  }
}

/** Null when it fails: what fails here is always the sender's stream. */
async function attempt<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch {
    return null;
  }
}

function concat(chunks: readonly Uint8Array[], sizeBytes: number): Bytes {
  const whole = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

function tooLarge(limit: number, met: number): Result<never, Refusal> {
  const detail = `The body may have ${limit} bytes unpacked, this one has ${met} or more.`;
  return err({ code: 'body-too-large', detail, extra: { limit, met } });
}
