import { describe, expect, it } from 'vitest';
import { ga4Protocol } from '../../../../src/edge/protocols/ga4/ga4.ts';
import { NOW_MS, problemOf, testApp, testTenant } from '../../support/app.ts';
import { describeProtocol, requestTo, type SendFixture } from '../contract.ts';
import { bytesOf, describeMalformedForms } from '../malformed-forms.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
type Fields = Readonly<Record<string, string>>;

/** The ids of the Measurement Protocol are made of the request. */
const measurement: SendFixture = {
  name: 'the Measurement Protocol, with the key as its secret',
  event: (n) => ({ name: 'bought', params: { n, value: 1 } }),
  badEvent: (n) => ({ event: { name: { no: 'text' }, params: { n } }, blamed: { no: 'text' } }),
  eventsMax: 25,
  hasIds: false,
  keyIsInUrl: true,
  request: (events, key) => {
    const secret = key === null ? '' : `&api_secret=${key}`;
    return requestTo(
      `/mp/collect?measurement_id=G-1${secret}`,
      JSON.stringify({ client_id: 'c.1', events }),
      JSON_TYPE,
    );
  },
  malformed: (content, key) => requestTo(`/mp/collect?api_secret=${key}`, content, JSON_TYPE),
  isTaken: async (response) => response.status === 204,
};

const hits: SendFixture = {
  name: 'a batch of hits, with the key in its path',
  event: (line) => ({ en: 'bought', 'epn.value': '1', 'ep.note': line }),
  badEvent: () => {
    const long = 'n'.repeat(201);
    return { event: { en: long }, blamed: long };
  },
  eventsMax: 100,
  hasIds: false,
  keyIsInUrl: true,
  request: (events, key) => {
    const lines = events.map((event) => new URLSearchParams(event as Fields).toString());
    const path = `${key === null ? '' : `/k/${key}`}/g/collect?v=2&tid=G-1&cid=c.1&sid=1773144000`;
    return requestTo(path, lines.join('\r\n'), { 'content-type': 'text/plain;charset=UTF-8' });
  },
  malformed: (content, key) => requestTo(`/k/${key}/g/collect?v=2`, content, { 'content-type': 'text/plain' }),
  isTaken: async (response) => response.status === 204,
};

const refusalCode = async (response: Response) => (await problemOf(response))[1];

describeProtocol("GA4's protocol", { protocol: ga4Protocol, refusalCode, sends: [measurement, hits] });

async function start() {
  const { app, key, shards } = await testApp(testTenant(), [ga4Protocol]);
  return { app, shards, browserKey: await key('browser'), serverKey: await key('server') };
}

describe("GA4's Measurement Protocol", () => {
  const micros = NOW_MS * 1_000;

  async function send(body: object) {
    const { app, shards, serverKey } = await start();
    const request = () =>
      requestTo('/mp/collect', JSON.stringify(body), { ...JSON_TYPE, authorization: `Bearer ${serverKey}` });
    const responses = [await app.fetch(request()), await app.fetch(request())];
    expect(responses.map(({ status }) => status)).toEqual([204, 204]);
    return shards;
  }

  it('is taken as its documentation writes it', async () => {
    const shards = await send({
      client_id: 'XXXXXXXXXX.YYYYYYYYYY',
      timestamp_micros: String(micros),
      events: [
        { name: 'tutorial_begin' },
        {
          name: 'purchase',
          params: {
            transaction_id: 'T_12345',
            value: 12.21,
            currency: 'USD',
            session_id: '1773144000',
            engagement_time_msec: 100,
            items: [{ item_id: 'jeggings_123', price: 8.77, quantity: 1 }],
          },
        },
        {
          name: 'page_view',
          params: {
            page_location: 'https://a.example/?utm_source=ad',
            page_title: 'A',
            page_referrer: 'https://b.example/',
          },
        },
        { name: 'screen_view', params: { screen_name: 'Home' } },
      ],
    });
    const rows = shards.rows('type', 'event', 'anonymous_id', 'session_id', 'title', 'utm_source');
    expect(rows.slice(0, 4)).toEqual([
      ['track', 'tutorial_begin', 'XXXXXXXXXX.YYYYYYYYYY', null, null, null],
      ['track', 'purchase', 'XXXXXXXXXX.YYYYYYYYYY', '1773144000', null, null],
      ['page', 'page', 'XXXXXXXXXX.YYYYYYYYYY', null, 'A', 'ad'],
      ['screen', 'screen', 'XXXXXXXXXX.YYYYYYYYYY', null, 'Home', null],
    ]);
    expect(JSON.parse(shards.rows('properties')[1]![0]!)).toEqual({
      transaction_id: 'T_12345',
      value: 12.21,
      revenue: 12.21,
      currency: 'USD',
      engagement_time_msec: 100,
      items: [{ item_id: 'jeggings_123', price: 8.77, quantity: 1 }],
    });
    const ids = shards.rows('id').flat();
    expect(ids.slice(4)).toEqual(ids.slice(0, 4));
    expect(new Set(ids).size).toBe(4);
  });

  it('makes of user properties and ids an identify', async () => {
    const shards = await send({
      client_id: 'c.1',
      user_id: 'ann',
      timestamp_micros: micros,
      user_properties: { customer_tier: { value: 'premium' }, left: { value: null } },
      events: [{ name: 'a' }, { name: 'b' }],
    });
    expect(shards.rows('type', 'event', 'user_id', 'anonymous_id', 'properties').slice(0, 3)).toEqual([
      ['track', 'a', 'ann', 'c.1', null],
      ['track', 'b', 'ann', 'c.1', null],
      ['identify', 'identify', 'ann', 'c.1', '{"customer_tier":"premium","left":null}'],
    ]);
    const ids = shards.rows('id').flat();
    expect(new Set(ids).size).toBe(3);
  });

  it('is refused with a device that is larger than an event', async () => {
    const device = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, 1e300]));
    expect((await send({ client_id: 'c', device, events: [{ name: 'a' }] })).rows('id')).toEqual([]);
    const user_agent = 'x'.repeat(40_000);
    expect((await send({ client_id: 'c', user_agent, events: [{ name: 'a' }] })).rows('id')).toEqual([]);
  });

  it('says the device, the place and the campaign', async () => {
    const shards = await send({
      client_id: 'c.1',
      user_location: { city: 'Mountain View', region_id: 'US-CA', country_id: 'US' },
      device: {
        category: 'mobile',
        operating_system: 'Android',
        model: 'Pixel 9 Pro',
        brand: 'Google',
        language: 'en',
      },
      events: [{ name: 'campaign_details', params: { campaign: 'spring', source: 'news', medium: 'email' } }],
    });
    expect(
      shards.rows('country', 'region', 'city', 'device', 'os', 'utm_source', 'utm_medium', 'utm_campaign')[0],
    ).toEqual(['US', 'US-CA', 'Mountain View', 'mobile', 'Android', 'news', 'email', 'spring']);
  });
});

describe("GA4's hits", () => {
  const page = {
    v: '2',
    tid: 'G-1',
    _p: '1773144000123',
    cid: '12.34',
    ul: 'en-us',
    sr: '1920x1080',
    _s: '1',
    sid: '1773144000',
    dl: 'https://shop.example/?utm_source=news',
    dr: 'https://search.example/',
    dt: 'Shop',
    en: 'page_view',
    _et: '12',
  };

  it('of a page are in the query alone, and a repeated one is told', async () => {
    const { app, shards, browserKey } = await start();
    const send = (method: string) =>
      app.fetch(new Request(`http://tidemark.test/k/${browserKey}/g/collect?${new URLSearchParams(page)}`, { method }));
    expect([(await send('POST')).status, (await send('GET')).status]).toEqual([204, 204]);
    expect(
      shards.rows(
        'id',
        'type',
        'anonymous_id',
        'session_id',
        'title',
        'utm_source',
        'referrer_domain',
        'properties',
      )[0],
    ).toEqual([
      '12.34.1773144000123.1',
      'page',
      '12.34',
      '1773144000',
      'Shop',
      'news',
      'search.example',
      '{"engagement_time_msec":12}',
    ]);
    expect(shards.rows('id')[1]).toEqual(['12.34.1773144000123.1']);
  });

  it('of a batch share the query, and have parameters, items and traits of their own', async () => {
    const { app, shards, browserKey } = await start();
    const { en: _en, _et, ...shared } = page;
    const lines = [
      'en=scroll&epn.percent_scrolled=90',
      'en=purchase&cu=EUR&epn.value=12.5&ep.transaction_id=T1&pr1=idSKU1~nmTea~pr12.5~qt1&up.plan=pro&upn.age=7&uid=ann',
    ];
    await app.fetch(
      requestTo(`/k/${browserKey}/g/collect?${new URLSearchParams(shared)}`, lines.join('\r\n'), {
        'content-type': 'text/plain',
      }),
    );
    expect(shards.rows('id', 'type', 'event', 'user_id', 'properties')).toEqual([
      ['12.34.1773144000123.1.0', 'track', 'scroll', null, '{"percent_scrolled":90}'],
      [
        '12.34.1773144000123.1.1',
        'track',
        'purchase',
        'ann',
        '{"value":12.5,"transaction_id":"T1","currency":"EUR","revenue":12.5,"items":[{"item_id":"SKU1","item_name":"Tea","price":12.5,"quantity":1}]}',
      ],
      ['12.34.1773144000123.1.1.traits', 'identify', 'identify', 'ann', '{"plan":"pro","age":7}'],
    ]);
  });
});

const PARAMETERS = Array.from({ length: 300 }, (_, i) => `&p${i}=`).join('');

describe('a batch of hits', () => {
  it.each([
    ['more lines than a request may have events', '', 'en=a\n'.repeat(2_501), 413],
    ['a query of more parameters than an event may have', PARAMETERS, 'en=a\nen=b', 204],
  ])('with %s stores nothing', async (_name, query, body, status) => {
    const { app, shards, browserKey } = await start();
    const path = `/k/${browserKey}/g/collect?v=2${query}`;
    const response = await app.fetch(requestTo(path, body, { 'content-type': 'text/plain' }));
    expect([response.status, shards.rows('id')]).toEqual([status, []]);
  });
});

const event = (parts: object) => ({ name: 'bought', ...parts });

describeMalformedForms("GA4's Measurement Protocol", {
  protocol: ga4Protocol,
  send: measurement,
  refusalCode,
  events: [
    ['no event', null, 'event-not-object', ''],
    ['a text', 'x', 'event-not-object', ''],
    ['a list', [], 'event-not-object', ''],
    ['no name', { params: {} }, 'name-missing', '/name'],
    ['a blank name', event({ name: ' ' }), 'name-missing', '/name'],
    ['a name that is an object', event({ name: {} }), 'name-invalid', '/name'],
    ['a long name', event({ name: 'n'.repeat(201) }), 'name-too-long', '/name'],
    ['params that are a list', event({ params: [1] }), 'properties-invalid', '/params'],
    ['params that are a text', event({ params: 'a' }), 'properties-invalid', '/params'],
    ['a time in words', event({ timestamp_micros: 'soon' }), 'timestamp-invalid', '/timestamp_micros'],
    ['a time of no unit', event({ timestamp_micros: 7 }), 'timestamp-too-old', '/timestamp_micros'],
    ['a time that is a list', event({ timestamp_micros: [] }), 'timestamp-invalid', '/timestamp_micros'],
    [
      'a deep nest',
      event({ params: { a: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) } }),
      'properties-too-deep',
      '/params/a/0/0/0/0/0/0/0',
    ],
    [
      'too many params',
      event({ params: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i])) }),
      'properties-too-many-keys',
      '/params',
    ],
    ['large params', event({ params: { text: 'x'.repeat(40_000) } }), 'event-too-large'],
    ['a session that is an object', event({ params: { session_id: {} } }), null],
    ['a number beyond 2^53', event({ params: { n: 1e300 } }), null],
    ['a purchase without a value', event({ name: 'purchase' }), null],
    ['a page that is a number', { name: 'page_view', params: { page_location: 7 } }, null],
  ],
  bodies: [
    ['nothing', bytesOf(''), 'body-empty'],
    ['no JSON', bytesOf('en=page_view'), 'json-invalid'],
    ['no events', bytesOf('{"client_id":"c"}'), 'batch-invalid'],
    ['events that are an object', bytesOf('{"events":{}}'), 'batch-invalid'],
    ['a list', bytesOf('[]'), 'batch-invalid'],
    ['no UTF-8', Uint8Array.of(0xff), 'utf8-invalid'],
    ['an empty list', bytesOf('{"events":[]}'), 0],
  ],
});

const hit = (parts: Fields) => ({ en: 'bought', ...parts });

describeMalformedForms("GA4's hits", {
  protocol: ga4Protocol,
  send: hits,
  refusalCode,
  events: [
    ['no name', { 'ep.a': '1' }, 'name-missing', '/en'],
    ['an empty name', hit({ en: '' }), 'name-missing', '/en'],
    ['a blank name', hit({ en: ' ' }), 'name-missing', '/en'],
    ['a long name', hit({ en: 'n'.repeat(201) }), 'name-too-long', '/en'],
    ['a long device', hit({ cid: 'c'.repeat(300) }), 'person-id-invalid', '/cid'],
    ['a long person', hit({ uid: 'u'.repeat(300) }), 'person-id-invalid', '/uid'],
    ['a large text', hit({ 'ep.text': 'x'.repeat(40_000) }), 'event-too-large'],
    [
      'too many texts',
      hit(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`ep.k${i}`, 'v']))),
      'properties-too-many-keys',
    ],
    ['a number in words', hit({ 'epn.value': 'much' }), null],
    ['an endless number', hit({ 'epn.value': '1e999' }), null],
    ['a text without a name', hit({ 'ep.': 'x' }), null],
    ['an item of nothing', hit({ pr1: '' }), null],
    ['an item of other letters', hit({ pr1: 'zz1~~~yy' }), null],
    ['a screen of words', hit({ sr: 'big' }), null],
    ['a text called __proto__', hit({ 'ep.__proto__': 'x' }), null],
    ['an empty variable for a person', hit({ uid: 'undefined' }), null],
  ],
  bodies: [
    ['bad escapes', bytesOf('%%%=%zz&=&&en=x'), 1],
    ['no UTF-8', Uint8Array.of(0xff, 0xfe), 'utf8-invalid'],
    ['blank lines', bytesOf('\r\n\r\n'), 1],
    ['JSON', bytesOf('{"events":[]}'), 1],
  ],
});
