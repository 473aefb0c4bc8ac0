// Requests and responses without streams: the platform's own read bodies through machinery that takes turns of the real
// event loop, which a simulated run must not wait for.

class SimBody {
  readonly headers: Headers;
  readonly #bytes: Uint8Array;
  bodyUsed = false;

  constructor(body: unknown, headers: HeadersInit | undefined) {
    this.headers = new Headers(headers);
    this.#bytes = body instanceof Uint8Array ? body : new TextEncoder().encode(body == null ? '' : String(body));
  }

  get body(): null {
    return null;
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
  readonly headers?: HeadersInit;
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
