// HTTP: requests and responses without streams. The platform's own classes read bodies in turns of the real event loop,
// and a simulated run must not wait for those.

type Init = SimHeaders | Readonly<Record<string, string>> | Iterable<readonly [string, string]>;

/** The part of Headers that the product uses, ten times as fast. */
export class SimHeaders {
  readonly #values = new Map<string, string>();

  constructor(init: Init = {}) {
    const entries = init instanceof SimHeaders ? init : Symbol.iterator in init ? init : Object.entries(init);
    for (const [name, value] of entries as Iterable<readonly [string, string]>) this.set(name, value);
  }

  get(name: string): string | null {
    return this.#values.get(name.toLowerCase()) ?? null;
  }
  has(name: string): boolean {
    return this.#values.has(name.toLowerCase());
  }
  set(name: string, value: string): void {
    this.#values.set(name.toLowerCase(), String(value));
  }
  append(name: string, value: string): void {
    const before = this.get(name);
    this.set(name, before === null ? value : `${before}, ${value}`);
  }
  delete(name: string): void {
    this.#values.delete(name.toLowerCase());
  }
  forEach(visit: (value: string, name: string) => void): void {
    for (const [name, value] of this.#values) visit(value, name);
  }
  entries() {
    return this.#values.entries();
  }
  keys() {
    return this.#values.keys();
  }
  [Symbol.iterator]() {
    return this.#values.entries();
  }
}

class SimBody {
  readonly headers: SimHeaders;
  readonly #bytes: Uint8Array;
  bodyUsed = false;

  constructor(body: unknown, headers: Init | undefined) {
    this.headers = new SimHeaders(headers);
    this.#bytes = body instanceof Uint8Array ? body : new TextEncoder().encode(body == null ? '' : String(body));
  }

  /** As many pieces as a reader of small bodies iterates over; null when there is no body. */
  get body(): readonly Uint8Array[] | null {
    return this.#bytes.length === 0 ? null : [this.#bytes];
  }
  async text(): Promise<string> {
    return new TextDecoder().decode(this.#bytes);
  }
  async json(): Promise<unknown> {
    return JSON.parse(new TextDecoder().decode(this.#bytes));
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes.slice().buffer as ArrayBuffer;
  }
}

interface SimInit {
  readonly method?: string;
  readonly status?: number;
  readonly statusText?: string;
  readonly headers?: Init;
  readonly body?: unknown;
  readonly cf?: unknown;
}

export class SimRequest extends SimBody {
  readonly url: string;
  readonly method: string;
  readonly cf: unknown;

  constructor(url: string, init: SimInit = {}) {
    super(init.body, init.headers);
    this.url = url;
    this.method = init.method ?? 'GET';
    this.cf = init.cf;
  }
}

export class SimResponse extends SimBody {
  readonly status: number;
  readonly statusText: string;

  constructor(body?: unknown, init: SimInit = {}) {
    super(body, init.headers);
    this.status = init.status ?? 200;
    this.statusText = init.statusText ?? '';
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }
}
