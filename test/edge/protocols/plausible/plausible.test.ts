import { describe, expect, it } from 'vitest';
import { plausibleProtocol } from '../../../../src/edge/protocols/plausible/plausible.ts';
import { problemOf, testApp, testTenant } from '../../support/app.ts';
import { describeProtocol, requestTo, type SendFixture } from '../contract.ts';
import { bytesOf, describeMalformedForms } from '../malformed-forms.ts';

const TEXT = { 'content-type': 'text/plain' };

const script: SendFixture = {
  name: "the script's event, with the key as its site",
  event: () => ({ n: 'Signup', u: 'https://shop.example/tea', r: null, p: { plan: 'pro' } }),
  badEvent: () => ({ event: { n: { no: 'text' }, u: 'https://shop.example/' }, blamed: { no: 'text' } }),
  eventsMax: 1,
  hasIds: false,
  request: ([event], key) => requestTo('/api/event', JSON.stringify({ ...event, d: key ?? 'shop.example' }), TEXT),
  malformed: (content, key) => requestTo('/api/event', content, { ...TEXT, authorization: `Bearer ${key}` }),
  isTaken: async (response) => {
    if (response.status === 202) return (await response.text()) === 'ok';
    return response.status === 400 && 'errors' in ((await response.json()) as object);
  },
};

const path: SendFixture = {
  ...script,
  name: 'an event with the key in its path',
  keyIsInUrl: true,
  request: ([event], key) =>
    requestTo(`${key === null ? '' : `/k/${key}`}/api/event`, JSON.stringify({ ...event, d: 'shop.example' }), TEXT),
  malformed: (content, key) => requestTo(`/k/${key}/api/event`, content, TEXT),
};

const refusalCode = async (response: Response) => {
  const document = (await response.clone().json()) as { readonly errors?: object; readonly code: string };
  return document.errors === undefined ? (await problemOf(response))[1] : document.code;
};

// A site that is no key of ours is a domain: the event comes without a key.
const site: SendFixture = {
  ...script,
  request: (events, key) => {
    const request = script.request(events, key);
    return key === 'no-key-of-ours' ? new Request(request, { headers: { ...TEXT, 'x-write-key': key } }) : request;
  },
};

describeProtocol("Plausible's protocol", { protocol: plausibleProtocol, refusalCode, sends: [site, path] });

describe("Plausible's events", () => {
  const BROWSER =
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_6) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/85.0.4183.121 Safari/537.36';

  async function start() {
    const { app, key, shards } = await testApp(testTenant(), [plausibleProtocol]);
    const writeKey = await key('browser');
    const send = (event: object, headers: Readonly<Record<string, string>> = {}) =>
      app.fetch(requestTo(`/k/${writeKey}/api/event`, JSON.stringify(event), { ...TEXT, ...headers }));
    return { send, shards };
  }

  it('are taken as the Events API writes them', async () => {
    const { send, shards } = await start();
    const response = await send(
      {
        name: 'pageview',
        url: 'https://dummy.site/pricing?utm_source=news',
        domain: 'dummy.site',
        referrer: 'https://search.example/q',
        props: { author: 'John Doe', logged_in: 'false' },
      },
      { 'user-agent': BROWSER, 'x-forwarded-for': '203.0.113.7', 'content-type': 'application/json' },
    );
    expect([response.status, await response.text()]).toEqual([202, 'ok']);
    expect(shards.rows('type', 'event', 'path', 'referrer_domain', 'utm_source', 'browser', 'properties')).toEqual([
      [
        'page',
        'page',
        '/pricing',
        'search.example',
        'news',
        'Chrome',
        '{"domain":"dummy.site","author":"John Doe","logged_in":"false"}',
      ],
    ]);
    const stored = JSON.stringify(shards.rows('anonymous_id', 'context'));
    expect(stored).not.toContain('203.0.113.7');
  });

  it('have their revenue, as the script packs it', async () => {
    const { send, shards } = await start();
    await send({ n: 'Purchase', u: 'https://a.example/', $: '{"currency":"EUR","amount":"12.50"}', m: '{"sku":"a"}' });
    await send({ name: 'Purchase', url: 'https://a.example/', revenue: { currency: 'USD', amount: 9.5 } });
    expect(shards.rows('event', 'properties')).toEqual([
      ['Purchase', '{"revenue":12.5,"currency":"EUR","sku":"a"}'],
      ['Purchase', '{"revenue":9.5,"currency":"USD"}'],
    ]);
  });

  it('of one address and one user agent are one visitor of the day, and nobody elsewhere', async () => {
    const { send, shards } = await start();
    const headers = (address: string, agent = BROWSER) => ({ 'x-forwarded-for': address, 'user-agent': agent });
    const event = { name: 'pageview', url: 'https://a.example/' };
    await send(event, headers('203.0.113.7'));
    await send(event, headers('203.0.113.7, 198.51.100.1'));
    await send(event, headers('203.0.113.8'));
    await send(event, headers('203.0.113.7', 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0'));
    const [first, again, other, agent] = shards.rows('anonymous_id').flat();
    expect(first).toMatch(/^day-[0-9a-f]{32}$/);
    expect(again).toBe(first);
    expect(new Set([first, other, agent]).size).toBe(3);
  });

  it('that a server relays have no place of its own', async () => {
    const { app, key, shards } = await testApp(testTenant(), [plausibleProtocol]);
    const browserKey = await key('browser');
    const relayed = path.request([path.event('')], browserKey);
    relayed.headers.set('x-forwarded-for', '203.0.113.7');
    const direct = path.request([path.event('')], browserKey);
    for (const request of [direct, relayed]) {
      request.headers.set('cf-connecting-ip', '198.51.100.1');
      await app.fetch(Object.assign(request, { cf: { country: 'DE' } }));
    }
    expect(shards.rows('country')).toEqual([['DE'], [null]]);
  });

  it('that are refused are no success', async () => {
    const { send } = await start();
    const response = await send({ name: '', url: 'https://a.example/' });
    expect([response.status, await response.json()]).toEqual([
      400,
      { errors: { name: ['A track event needs a name in `event`.'] }, code: 'name-missing' },
    ]);
  });
});

const event = (parts: object) => ({ n: 'Signup', u: 'https://a.example/', ...parts });

describeMalformedForms("Plausible's protocol", {
  protocol: plausibleProtocol,
  send: path,
  refusalCode,
  events: [
    ['no name', event({ n: undefined }), 'name-missing', '/name'],
    ['an empty name', event({ n: '' }), 'name-missing', '/n'],
    ['a blank name', event({ n: '  ' }), 'name-missing', '/n'],
    ['a name that is a number', event({ n: 7 }), 'name-invalid', '/n'],
    ['a name that is an object', { name: {}, url: 'x' }, 'name-invalid', '/name'],
    ['a long name', event({ n: 'n'.repeat(201) }), 'name-too-long', '/n'],
    ['props that are a list', event({ p: [1] }), 'properties-invalid', '/p'],
    ['props that are a number', event({ props: 7 }), 'properties-invalid', '/props'],
    ['props that are no JSON', event({ p: '{"a":' }), 'properties-invalid', '/p'],
    [
      'a deep nest',
      event({ p: { a: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) } }),
      'properties-too-deep',
      '/p/a/0/0/0/0/0/0/0',
    ],
    [
      'too many props',
      event({ p: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i])) }),
      'properties-too-many-keys',
      '/p',
    ],
    ['large props', event({ p: { text: 'x'.repeat(40_000) } }), 'event-too-large'],
    ['a URL that is a number', event({ u: 5 }), null],
    ['a URL of nothing', event({ u: '' }), null],
    ['revenue that is a text', event({ $: 'much' }), null],
    ['revenue without an amount', event({ $: { currency: 'EUR' } }), null],
    ['a number beyond 2^53', event({ p: { n: 1e300 } }), null],
    ['half of a surrogate pair', event({ p: { a: '\ud800' } }), null],
  ],
  bodies: [
    ['nothing', bytesOf(''), 'body-empty'],
    ['no JSON', bytesOf('n=pageview'), 'json-invalid'],
    ['a list', bytesOf('[{"n":"pageview"}]'), 'batch-invalid'],
    ['null', bytesOf('null'), 'batch-invalid'],
    ['no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'utf8-invalid'],
  ],
});
