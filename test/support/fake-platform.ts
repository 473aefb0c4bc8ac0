/**
 * Fake platform: the calls of Cloudflare's API that a deployment makes, over HTTP on this machine, and the state that
 * they change. Each call is a step with a name, and any step may be told to fail.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

interface WranglerCall {
  readonly command: 'upload' | 'upload-version' | 'migrate';
  readonly account: string;
  readonly config: string;
  readonly variable?: string;
  readonly secrets: Record<string, string>;
}

export interface FakeWorker {
  readonly config: string;
  readonly secrets: Record<string, string>;
  readonly variables: Record<string, string>;
}

interface Reply {
  readonly status?: number;
  readonly result?: unknown;
  readonly code?: number;
  readonly message?: string;
}

const CALL_PATH = /^\/accounts\/a1\/(d1\/database|r2\/buckets|queues|workers\/scripts)(?:\/(.+))?$/;
const absent = (code: number): Reply => ({ status: 404, code, message: 'it does not exist' });

export class FakePlatform {
  readonly databases = new Map<string, string>();
  readonly buckets = new Set<string>();
  readonly queues = new Set<string>();
  readonly workers = new Map<string, FakeWorker>();
  readonly migrated: string[] = [];
  /** Workers of which a version was uploaded that takes no traffic. */
  readonly uploaded: string[] = [];
  /** The steps that ran, in their order. */
  readonly steps: string[] = [];
  hasAnalytics = true;
  /** The step that fails next. */
  failing: string | null = null;
  readonly #server = createServer(async (request, response) => {
    const { status = 200, result, code, message } = await this.#answer(request);
    const errors = code === undefined ? [] : [{ code, message }];
    response.writeHead(status, { 'content-type': 'application/json' });
    const error = message && `✘ [ERROR] ${message} [code: ${code}]`;
    response.end(JSON.stringify({ success: status < 400, result, errors, error }));
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<Reply> {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { pathname, searchParams } = new URL(request.url!, 'http://fake');
    const body = text ? JSON.parse(text) : {};
    if (pathname === '/fake-wrangler') return this.#step(body.command, () => this.#wrangler(body));
    const [, kind = '', name = ''] = CALL_PATH.exec(pathname) ?? [];
    const call = `${request.method} ${kind}${name && `/${name}`}`;
    return this.#step(call, () => this.#call(request.method!, kind, name, body, searchParams));
  }

  #step(name: string, run: () => Reply): Reply {
    this.steps.push(name);
    if (this.failing !== name) return run();
    this.failing = null;
    return { status: 500, code: 10001, message: 'the platform is unwell' };
  }

  #call(method: string, kind: string, name: string, body: Record<string, string>, query: URLSearchParams): Reply {
    if (kind === 'd1/database') return method === 'GET' ? this.#listDatabases(query) : this.#createDatabase(body.name!);
    if (kind === 'r2/buckets')
      return method === 'POST' ? this.#add(this.buckets, body.name!) : this.buckets.has(name) ? {} : absent(10006);
    if (kind === 'queues')
      return method === 'POST'
        ? this.#add(this.queues, body.queue_name!)
        : { result: [...this.queues].map((queue_name) => ({ queue_name })) };
    return this.#script(method, name);
  }

  #listDatabases(query: URLSearchParams): Reply {
    const found = [...this.databases].filter(([name]) => name.includes(query.get('name') ?? ''));
    return { result: found.map(([name, uuid]) => ({ name, uuid })) };
  }

  #createDatabase(name: string): Reply {
    if (this.databases.has(name))
      return { status: 400, code: 7502, message: 'a database with that name already exists' };
    this.databases.set(name, `id-of-${name}`);
    return {};
  }

  #add(known: Set<string>, name: string): Reply {
    if (known.has(name)) return { status: 409, code: 11009, message: `the name '${name}' is already taken` };
    known.add(name);
    return {};
  }

  #script(method: string, path: string): Reply {
    const [name = '', , secret] = path.split('/');
    const worker = this.workers.get(name);
    if (!worker) return absent(10007);
    if (method === 'DELETE') delete worker.secrets[secret!];
    const secrets = Object.keys(worker.secrets).map((known) => ({ type: 'secret_text', name: known }));
    const variables = Object.entries(worker.variables).map(([known, text]) => ({
      type: 'plain_text',
      name: known,
      text,
    }));
    return { result: { bindings: [...secrets, ...variables] } };
  }

  #wrangler({ command, account, config, variable, secrets }: WranglerCall): Reply {
    const settingOf = (key: string) => new RegExp(`^${key} = "(.*)"$`, 'm').exec(config)![1]!;
    if (account !== 'a1' || ![...this.databases.values()].includes(settingOf('database_id')))
      return { status: 404, code: 7404, message: 'the database was not found' };
    if (command === 'migrate') {
      this.migrated.push(settingOf('database_name'));
      return {};
    }
    if (command === 'upload-version') {
      this.uploaded.push(settingOf('name'));
      return {};
    }
    if (!this.hasAnalytics && config.includes('[[analytics_engine_datasets]]'))
      return { status: 403, code: 10089, message: 'you need to enable Analytics Engine' };
    const name = settingOf('name');
    const [, key = '', value = ''] = /^(\w+):(.*)$/.exec(variable ?? '') ?? [];
    const kept = this.workers.get(name)?.secrets;
    this.workers.set(name, { config, secrets: { ...kept, ...secrets }, variables: key ? { [key]: value } : {} });
    return {};
  }
}
