/** Request head: everything known of a request before its body is read; and ProtocolRequest, the head with the body. */

/** Values of the path's parameters, by name. */
export type PathParams = Readonly<Record<string, string>>;

const NO_PARAMS: PathParams = Object.freeze({});

export class RequestHead {
  readonly #request: Request;
  readonly params: PathParams;
  #query: URLSearchParams | null = null;

  constructor(request: Request, params: PathParams = NO_PARAMS) {
    this.#request = request;
    this.params = params;
  }

  get method(): string {
    return this.#request.method;
  }

  get url(): string {
    return this.#request.url;
  }

  get headers(): Headers {
    return this.#request.headers;
  }

  get query(): URLSearchParams {
    this.#query ??= new URL(this.url).searchParams;
    return this.#query;
  }
}

export interface ProtocolRequest {
  readonly head: RequestHead;
  /** Media type of the body in lower case, without parameters; '' when the request names none. */
  readonly contentType: string;
  /** The body, unpacked; empty when the call reads none. */
  readonly bytes: Uint8Array;
}
