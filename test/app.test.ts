import { describe, expect, it } from 'vitest';
import { createApp } from '../src/app.ts';
import { Authenticator } from '../src/http/authenticate.ts';
import { KeyRing } from '../src/http/keys.ts';
import { openApiOf, undocumentedRoutes } from '../src/openapi/document.ts';
import { PROBLEM_CODES } from '../src/wire/problem-codes.ts';
import { expectLog } from './support/expect-log.ts';
import { fakeApp, fakeServices, ROOT_KEY } from './support/fake-services.ts';

describe('the OpenAPI document', () => {
  it('has every route, with its summary and the key that opens it', async () => {
    const { app, call } = fakeApp();
    const { status, body } = await call('GET', '/openapi.json');
    expect(status).toBe(200);
    expect(undocumentedRoutes(app, body)).toEqual([]);
    expect(body.openapi).toMatch(/^3\.1/);
    for (const [path, item] of Object.entries<Record<string, { summary?: string; security?: unknown[] }>>(body.paths))
      for (const [method, operation] of Object.entries(item)) {
        expect(operation.summary, `${method} ${path}`).toBeTruthy();
        expect(operation.security, `${method} ${path}`).toBeDefined();
      }
    expect(body.components.schemas.NewTenant.required).toEqual(['id', 'name']);
  });

  it('misses a route without a description, which the check finds', async () => {
    const { app } = fakeApp();
    app.get('/v1/secret/:id', (c) => c.json({}));
    expect(undocumentedRoutes(app, await openApiOf(app))).toEqual(['GET /v1/secret/:id']);
  });
});

describe('the pages about the API', () => {
  it('list every call and every code, without a script', async () => {
    const { call } = fakeApp();
    const { body: document } = await call('GET', '/openapi.json');
    const docs = await call('GET', '/docs');
    for (const path of Object.keys(document.paths)) expect(docs.body).toContain(`<code>${path}</code>`);
    const errors = await call('GET', '/docs/errors');
    for (const code of Object.keys(PROBLEM_CODES)) expect(errors.body).toContain(`id="${code}"`);
    for (const page of [docs, errors]) {
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
      expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'self';/);
      expect(page.body).not.toMatch(/<script|<style| style=|https?:\/\/(?!127)/);
    }
    expect((await call('GET', '/docs/style.css')).headers.get('content-type')).toMatch(/^text\/css/);
  });

  it('answer for each call what to send and what comes back', async () => {
    const { call } = fakeApp();
    const { body: document } = await call('GET', '/openapi.json');
    const docs = await call('GET', '/docs');
    const links = [...new Set([...docs.body.matchAll(/href="(\/docs\/[a-z-]+)"/g)].map(([, href]) => href!))];
    const pages = await Promise.all(links.map((link) => call('GET', link)));
    const text = pages.map(({ status, body }) => (status === 200 ? body : '')).join('');
    const operations = Object.values(document.paths).flatMap((item) => Object.values(item as object));
    for (const { operationId } of operations) expect(text).toContain(`id="${operationId}"`);
    expect(text.split('What to send').length - 1).toBe(operations.length);
    expect(text.split('What comes back').length - 1).toBe(operations.length);
    expect(text).toContain('&quot;measure&quot;: &quot;count&quot;');
    expect(text).not.toMatch(/<script|<style| style=|\[object O/);
    expect((await call('GET', '/docs/nothing')).body.code).toBe('route-not-found');
  });
});

describe('a request without a route', () => {
  it('is answered with a 404 problem', async () => {
    const { status, headers, body } = await fakeApp().call('GET', '/v1/nothing');
    expect([status, headers.get('content-type'), body.code]).toEqual([
      404,
      'application/problem+json',
      'route-not-found',
    ]);
  });

  it('is answered with 405 and Allow when the path has other methods', async () => {
    const { call } = fakeApp();
    const answer = await call('PUT', '/v1/keys');
    expect([answer.status, answer.headers.get('allow'), answer.body.code]).toEqual([
      405,
      'GET, POST',
      'method-not-allowed',
    ]);
    expect((await call('GET', '/v1/tenants/acme')).headers.get('allow')).toBe('DELETE');
    expect((await call('OPTIONS', '/v1/status')).status).toBe(405);
  });
});

describe('health', () => {
  it('tells whether the Worker runs and whether it is ready', async () => {
    const { call, fake, clock } = fakeApp();
    expect((await call('GET', '/healthz')).body).toEqual({ status: 'ok' });
    expect((await call('GET', '/readyz')).body).toEqual({ status: 'ready' });
    fake.hook = () => {
      throw new Error('D1_ERROR');
    };
    expect((await call('GET', '/healthz')).status).toBe(200);
    expect((await call('GET', '/readyz')).status).toBe(200);
    clock.nowMs += 10_000;
    const { status, headers, body } = await call('GET', '/readyz');
    expect([status, headers.get('retry-after'), body.code]).toEqual([503, '1', 'not-ready']);
    expectLog('http.problem', { status: 503, code: 'not-ready', path: '/readyz' });
  });
});

describe('a weak root key of an older release', () => {
  it('opens what it opened, and the operator alone is told of it', async () => {
    const weak = 'tidemark'.repeat(4);
    const keys = new KeyRing({ rootKey: weak }, (sizeBytes) => crypto.getRandomValues(new Uint8Array(sizeBytes)));
    const { services } = fakeServices();
    const auth = new Authenticator(keys, services.tenants);
    const app = createApp({ ...services, keys, auth });
    expect(await (await app.request('/readyz')).json()).toEqual({ status: 'ready', warnings: 1 });
    const headers = { authorization: `Bearer ${weak}` };
    expect((await app.request('/v1/tenants', { headers })).status).toBe(200);
    expect(await (await app.request('/metrics', { headers })).text()).toContain(
      'tidemark_warning{code="root-key-weak"} 1',
    );
    const open = await Promise.all(['/readyz', '/healthz', '/openapi.json'].map((path) => app.request(path)));
    for (const answer of open.slice(0, 2)) expect(await answer.text()).not.toContain('weak');
  });
});

describe('metrics', () => {
  it('count answers by route pattern and status, for the root key alone', async () => {
    const { call, createTenant } = fakeApp();
    const { keys } = await createTenant('acme');
    await call('DELETE', '/v1/tenants/x1', { key: ROOT_KEY });
    await call('DELETE', '/v1/tenants/x2', { key: ROOT_KEY });
    await call('GET', '/wp-login.php');
    const { headers, body } = await call('GET', '/metrics', { key: ROOT_KEY });
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const count = (labels: string) =>
      body.match(new RegExp(`^tidemark_http_requests_total\\{${labels},instance="[0-9a-f]{8}"\\} (\\d+)$`, 'm'))?.[1];
    expect(count('method="POST",route="/v1/tenants",status="201"')).toBe('1');
    expect(count('method="DELETE",route="/v1/tenants/:id",status="404"')).toBe('2');
    expect(count('method="GET",route="none",status="404"')).toBe('1');
    expect(body).toMatch(/^tidemark_build_info\{version="[\d.]+"\} 1$/m);
    expect((await call('GET', '/metrics')).status).toBe(401);
    expect((await call('GET', '/metrics', { key: keys.admin })).status).toBe(403);
  });
});

describe('a path that does not exist', () => {
  it('tells a page of any origin so, after a preflight too', async () => {
    const { call } = fakeApp();
    const origin = 'https://shop.example';
    const preflight = await call('OPTIONS', '/v9/collect', {
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-vendor' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toBe('x-vendor');
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    const answer = await call('POST', '/v9/collect', { headers: { origin } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([404, '*']);
  });
});

describe('every answer', () => {
  it('keeps a browser from guessing its type, and is open to no other origin', async () => {
    const { call } = fakeApp();
    for (const path of ['/healthz', '/docs', '/v1/keys']) {
      const { headers } = await call('GET', path, { headers: { origin: 'https://evil.example' } });
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'/);
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});

describe('a cache', () => {
  it('keeps no answer to a key, no secret and no refusal', async () => {
    const { call, createTenant } = fakeApp();
    const { keys } = await createTenant('acme');
    const answers = [
      await call('GET', '/v1/keys', { headers: { 'x-write-key': keys.admin } }),
      await call('GET', '/v1/whoami', { headers: { 'x-write-key': keys.read } }),
      await call('POST', '/v1/keys', { key: keys.admin, body: { scope: 'read' } }),
      await call('POST', '/v1/tenants', { key: ROOT_KEY, body: { id: 'other', name: 'Other' } }),
      await call('GET', '/v1/keys'),
      await call('GET', '/metrics', { key: ROOT_KEY }),
      await call('POST', '/v1/events', { key: keys.write, body: '{' }),
    ];
    expect(answers.map(({ headers }) => headers.get('cache-control'))).toEqual(answers.map(() => 'no-store'));
  });

  it('may keep what anybody may read', async () => {
    const { call } = fakeApp();
    for (const path of ['/docs', '/docs/errors', '/openapi.json', '/'])
      expect((await call('GET', path)).headers.get('cache-control'), path).toBe('no-cache');
  });
});

describe('a page of the dashboard', () => {
  it('names the files that its script will ask for, all of which are there', async () => {
    const { call } = fakeApp();
    const named = async (path: string) => {
      const link = (await call('GET', path)).headers.get('link') ?? '';
      expect(link, path).toMatch(/^<\/assets\/[\w-]+\.js>; rel=modulepreload(, |$)/);
      return [...link.matchAll(/<([^>]+)>/g)].map(([, file = '']) => file);
    };
    const files = await named('/');
    for (const file of files) expect((await call('GET', file)).status, file).toBe(200);
    expect(await named('/funnels')).not.toEqual(files);
  });
});

describe('the demo keys', () => {
  it('are served by a local stack only', async () => {
    expect((await fakeApp().call('GET', '/demo.json')).status).toBe(404);
    const demoKeys = { tenant: 'demo', write: 'w', read: 'r' };
    expect((await fakeApp({ demoKeys }).call('GET', '/demo.json')).body).toEqual(demoKeys);
  });

  it.each([
    ['http://localhost:8787', 200],
    ['http://127.0.0.1:8787', 200],
    ['http://[::1]:8787', 200],
    ['http://evil.example', 404],
    ['http://127.0.0.1.evil.example', 404],
    ['http://localhost.evil.example', 404],
    ['http://192.168.1.4:8787', 404],
  ])('are shown to the host %s with %i, so that no rebound name gets them', async (origin, status) => {
    const { app } = fakeApp({ demoKeys: { tenant: 'demo', write: 'w', read: 'r' } });
    expect((await app.request(`${origin}/demo.json`)).status).toBe(status);
  });

  it.each([
    ['http://127.0.0.1:8787', 200],
    ['http://127.0.0.1:9999', 404],
    ['https://evil.example', 404],
    ['null', 404],
  ])('gives the keys to its own page alone: a page of %s gets %s', async (origin, status) => {
    const { app } = fakeApp({ demoKeys: { tenant: 'demo', write: 'w', read: 'r' } });
    const answer = await app.request('http://127.0.0.1:8787/demo.json', { headers: { origin } });
    expect(answer.status).toBe(status);
  });
});

describe('a path of a website', () => {
  it('means what it means without the prefix, so that nothing of a third party is loaded', async () => {
    const { call } = fakeApp();
    const script = await call('GET', '/_tm/tm.js');
    expect(script.status).toBe(200);
    expect(script.headers.get('cache-control')).toContain('max-age=3600');
    expect((await call('POST', '/_tm/v1/query')).body).toMatchObject({ code: 'key-missing' });
    expect((await call('GET', '/_tmx/tm.js')).status).toBe(404);
  });
});
