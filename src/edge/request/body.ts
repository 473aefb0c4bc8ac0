/**
 * Body: the bytes of a request, unpacked, with the content type that it declares.
 *
 * in: a Request, and the bodies that its call takes · out: {contentType, bytes}, or a Refusal
 * steps: content type → content encoding → announced size → read → unpack → not empty
 *
 * No step holds more than the limit it is given (an ingest's, a keyless body's, an import chunk's): an announced size is
 * believed only to refuse, a body without one is counted while it streams, and a gzip bomb stops inflating at the limit.
 */
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/std/result.ts';
import type { Refusal } from './refusal.ts';

/** The bodies that a call takes. */
export interface BodySpec {
  /** Media types in lower case, or `ANY_TYPE`. */
  readonly types: readonly string[];
  /**
   * The types whose body may carry the key: only such a body is read from a sender that shows no key elsewhere.
   * Default: all `types`.
   */
  readonly typesWithKey?: readonly string[];
  /** Whether a request may come without a body, and then without a content type. Default: false. */
  readonly isOptional?: boolean;
  /** Whether a body that begins like gzip is unpacked though no header says so. Default: false. */
  readonly sniffsGzip?: boolean;
}

/**
 * `text/plain` is JSON too: a page sends it with `navigator.sendBeacon`, which may not name another type across origins
 * without a preflight.
 */
export const JSON_TYPES = ['application/json', 'text/plain'] as const;
export const NDJSON_TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'] as const;
/** Stands for every media type. */
export const ANY_TYPE = '*/*';

export interface Body {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

type Bytes = Uint8Array<ArrayBuffer>;
type BodyStream = ReadableStream<Uint8Array>;

export async function readBody(
  request: Request,
  spec: BodySpec,
  sizeBytesMax: number = LIMITS.bodySizeBytesMax,
): Promise<Result<Body, Refusal>> {
  const contentType = contentTypeOf(request.headers, spec);
  if (!contentType.ok) return contentType;
  const bytes = await readBytes(request, spec, sizeBytesMax);
  if (!bytes.ok) return bytes;
  if (bytes.value.byteLength === 0 && spec.isOptional !== true) {
    return err({ code: 'body-empty', detail: 'The body is empty.' });
  }
  return ok({ contentType: contentType.value, bytes: bytes.value });
}

/** The media type, if the call takes it. It is known before the body is read. */
export function contentTypeOf(headers: Headers, { types, isOptional }: BodySpec): Result<string, Refusal> {
  const declared = headers.get('content-type');
  const [type = '', ...parameters] = (declared ?? '').toLowerCase().split(';');
  const mediaType = type.trim();
  const isTaken = types.includes(mediaType) || types.includes(ANY_TYPE) || (declared === null && isOptional === true);
  if (isTaken && isUtf8(parameters)) return ok(mediaType);
  const detail = `The content type "${declared ?? ''}" is not supported. Send ${types.join(', ')} in UTF-8.`;
  return err({ code: 'content-type-unsupported', detail });
}

function isUtf8(parameters: readonly string[]): boolean {
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  return charset === undefined || /^charset="?utf-?8"?$/.test(charset);
}

async function readBytes(request: Request, spec: BodySpec, sizeBytesMax: number): Promise<Result<Bytes, Refusal>> {
  const isPacked = isGzip(request.headers.get('content-encoding'));
  if (!isPacked.ok) return isPacked;
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > sizeBytesMax) return tooLarge(sizeBytesMax, announced);
  const packed =
    announced > 0 ? await readWhole(request, sizeBytesMax) : await readStream(request.body, sizeBytesMax, CUT_SHORT);
  if (!packed.ok || packed.value.byteLength === 0) return packed;
  const inflates = isPacked.value || (spec.sniffsGzip === true && beginsLikeGzip(packed.value));
  return inflates ? inflate(packed.value, sizeBytesMax) : packed;
}

/** The two bytes with which every gzip stream begins (RFC 1952); no UTF-8 text does. */
function beginsLikeGzip(bytes: Bytes): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function isGzip(contentEncoding: string | null): Result<boolean, Refusal> {
  const encoding = (contentEncoding ?? 'identity').trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return ok(false);
  if (encoding === 'gzip' || encoding === 'x-gzip') return ok(true);
  return err({
    code: 'content-encoding-unsupported',
    detail: `The content encoding "${contentEncoding}" is not supported. Send gzip, or no content encoding.`,
  });
}

/** Reads a body of announced length: the platform frames it, so one native read takes the place of many. */
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
 * Reads until the end or the limit, whichever comes first. `broken` is the refusal when the stream fails. Bytes beyond the
 * limit stay in the stream.
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

/** The value, or null when the promise fails: only the sender's stream can fail here. */
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
