/**
 * Fake bucket: the part of R2 that the product uses, in memory: create-if-absent, compare-and-set, ranges, listing and
 * metadata. It counts operations and can fail on purpose.
 */

interface Stored {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly version: string;
  readonly uploaded: Date;
  readonly customMetadata: Record<string, string> | undefined;
  readonly httpMetadata: R2HTTPMetadata | undefined;
}

export interface BucketCall {
  readonly op: 'get' | 'head' | 'put' | 'delete' | 'list';
  readonly key: string;
  readonly offset?: number;
  readonly length?: number;
}

export class FakeBucket {
  readonly calls: BucketCall[] = [];
  /** Called before each operation; throws to make it fail without an effect. */
  before: (call: BucketCall) => void = () => {};
  /** Called after each operation; throws to lose the answer of one that took effect. */
  after: (call: BucketCall) => void = () => {};
  readonly #objects = new Map<string, Stored>();
  #versions = 0;

  /** This bucket under the type of the binding. */
  get binding(): R2Bucket {
    return this as unknown as R2Bucket;
  }

  /** Size of all objects. */
  get sizeBytes(): number {
    return [...this.#objects.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  keys(): string[] {
    return [...this.#objects.keys()].sort();
  }

  count(op: BucketCall['op']): number {
    return this.calls.filter((call) => call.op === op).length;
  }

  async head(key: string): Promise<R2Object | null> {
    return this.#around({ op: 'head', key }, () => {
      const stored = this.#objects.get(key);
      return stored === undefined ? null : describe(key, stored);
    });
  }

  async get(key: string, options: R2GetOptions = {}): Promise<R2ObjectBody | null> {
    const range = options.range as { offset?: number; length?: number; suffix?: number } | undefined;
    const call: BucketCall = { op: 'get', key, ...(range?.offset === undefined ? {} : { offset: range.offset }) };
    return this.#around(range?.length === undefined ? call : { ...call, length: range.length }, () => {
      const stored = this.#objects.get(key);
      if (stored === undefined) return null;
      const size = stored.bytes.length;
      const offset = range?.suffix === undefined ? (range?.offset ?? 0) : Math.max(0, size - range.suffix);
      if (offset > size) throw new Error(`get: range of ${key} begins at ${offset}, beyond its ${size} bytes`);
      const bytes = stored.bytes.slice(offset, range?.length === undefined ? size : offset + range.length);
      return Object.assign(describe(key, stored), body(bytes), { range: { offset, length: bytes.length } });
    });
  }

  async put(key: string, value: unknown, options: R2PutOptions = {}): Promise<R2Object | null> {
    const bytes = await bytesOf(value);
    return this.#around({ op: 'put', key, length: bytes.length }, () => {
      if (!allowed(options.onlyIf, this.#objects.get(key)?.etag)) return null;
      this.#versions += 1;
      const stored: Stored = {
        bytes,
        etag: `etag-${this.#versions}`,
        version: `version-${this.#versions}`,
        uploaded: new Date(this.#versions),
        customMetadata: options.customMetadata,
        httpMetadata: options.httpMetadata as R2HTTPMetadata | undefined,
      };
      this.#objects.set(key, stored);
      return describe(key, stored);
    });
  }

  async delete(keys: string | string[]): Promise<void> {
    for (const key of [keys].flat()) this.#around({ op: 'delete', key }, () => this.#objects.delete(key));
  }

  async list(options: R2ListOptions = {}): Promise<R2Objects> {
    const { prefix = '', limit = 1_000, cursor, startAfter } = options;
    return this.#around({ op: 'list', key: prefix }, () => {
      const after = cursor ?? startAfter ?? '';
      const keys = this.keys().filter((key) => key.startsWith(prefix) && key > after);
      const objects = keys.slice(0, limit).map((key) => describe(key, this.#objects.get(key) as Stored));
      const last = objects.at(-1)?.key ?? '';
      const more = keys.length > limit ? { truncated: true as const, cursor: last } : { truncated: false as const };
      return { objects, delimitedPrefixes: [], ...more };
    });
  }

  #around<T>(call: BucketCall, work: () => T): T {
    this.calls.push(call);
    this.before(call);
    const result = work();
    this.after(call);
    return result;
  }
}

function describe(key: string, stored: Stored): R2Object {
  return {
    key,
    version: stored.version,
    size: stored.bytes.length,
    etag: stored.etag,
    httpEtag: `"${stored.etag}"`,
    uploaded: stored.uploaded,
    checksums: { toJSON: () => ({}) },
    httpMetadata: stored.httpMetadata,
    customMetadata: stored.customMetadata,
    storageClass: 'Standard',
    writeHttpMetadata: () => {},
  } as R2Object;
}

function body(bytes: Uint8Array) {
  return {
    bodyUsed: false,
    body: new Blob([bytes as Uint8Array<ArrayBuffer>]).stream(),
    arrayBuffer: async () => bytes.slice().buffer,
    bytes: async () => bytes.slice(),
    text: async () => new TextDecoder().decode(bytes),
    json: async () => JSON.parse(new TextDecoder().decode(bytes)),
    blob: async () => new Blob([bytes as Uint8Array<ArrayBuffer>]),
  };
}

function allowed(condition: R2Conditional | Headers | undefined, etag: string | undefined): boolean {
  if (condition === undefined) return true;
  if (condition instanceof Headers) throw new Error('put: conditions as headers are not supported by the fake');
  const { etagMatches, etagDoesNotMatch } = condition;
  if (etagMatches !== undefined && !(etag !== undefined && matches(etagMatches, etag))) return false;
  return !(etagDoesNotMatch !== undefined && etag !== undefined && matches(etagDoesNotMatch, etag));
}

function matches(pattern: string, etag: string): boolean {
  return pattern === '*' || pattern === etag || pattern === `"${etag}"`;
}

async function bytesOf(value: unknown): Promise<Uint8Array> {
  if (value === null) return new Uint8Array();
  if (typeof value === 'string') return new TextEncoder().encode(value);
  if (value instanceof Uint8Array) return value.slice();
  if (value instanceof ArrayBuffer) return new Uint8Array(value.slice(0));
  return new Uint8Array(await new Response(value as BodyInit).arrayBuffer());
}
