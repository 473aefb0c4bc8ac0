import { describe, expect, it } from 'vitest';
import { matomoProtocol } from '../../../../src/edge/protocols/matomo/matomo.ts';
import { problemOf, testApp, testTenant } from '../../support/app.ts';
import { describeProtocol, requestTo, type SendFixture } from '../contract.ts';
import { NO_TEXT } from '../malformed.ts';
import { bytesOf, describeMalformedForms } from '../malformed-forms.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' };
type Fields = Readonly<Record<string, string>>;
const query = (fields: object, more: Fields = {}) => new URLSearchParams({ ...(fields as Fields), ...more }).toString();
const prefix = (key: string | null) => (key === null ? '' : `/k/${key}`);
const VISITOR = '0123456789abcdef';

const bulk: SendFixture = {
  name: 'several calls, with the key as their token',
  event: (rand) => ({
    idsite: '1',
    rec: '1',
    url: 'https://shop.example/',
    e_c: 'shop',
    e_a: 'add',
    _id: VISITOR,
    pv_id: 'p',
    rand,
  }),
  badEvent: (rand) => {
    const long = 'a'.repeat(201);
    return { event: { rec: '1', e_c: 'c', e_a: long, _id: VISITOR, pv_id: 'p', rand }, blamed: long };
  },
  eventsMax: 100,
  storedId: (id) => `${VISITOR}.p.${id}`,
  request: (events, key) =>
    requestTo(
      '/matomo.php',
      JSON.stringify({ requests: events.map((event) => `?${query(event)}`), token_auth: key ?? undefined }),
      FORM,
    ),
  malformed: (content, key) => requestTo('/matomo.php', content, { ...FORM, authorization: `Bearer ${key}` }),
  isTaken: async (response) => {
    if (response.headers.get('content-type') === 'image/gif') return true;
    return 'tracked' in ((await response.json()) as object);
  },
};

const get: SendFixture = {
  ...bulk,
  name: 'a call in the query of a pixel',
  eventsMax: 1,
  keyIsInUrl: true,
  request: ([event], key) => new Request(`http://tidemark.test${prefix(key)}/matomo.php?${query(event!)}`),
  malformed: (content, key) =>
    new Request(
      `http://tidemark.test/k/${key}/matomo.php?${encodeURIComponent(Buffer.from(content).toString('latin1'))}`,
    ),
  isTaken: async (response) => response.headers.get('content-type') === 'image/gif',
};

const form: SendFixture = {
  ...get,
  name: 'a call in a form, with the key as its token',
  keyIsInUrl: false,
  request: ([event], key) => requestTo('/piwik.php', query(event!, key === null ? {} : { token_auth: key }), FORM),
  malformed: (content, key) => requestTo('/matomo.php', content, { ...FORM, authorization: `Bearer ${key}` }),
  isTaken: async (response) => response.status < 500 && (await bulk.isTaken(response)),
};

const refusalCode = async (response: Response) => {
  if (response.headers.get('content-type') === 'image/gif') return 'all-refused';
  const document = (await response.clone().json()) as { readonly status: unknown };
  return document.status === 'error' ? 'all-refused' : (await problemOf(response))[1];
};

describeProtocol("Matomo's protocol", { protocol: matomoProtocol, refusalCode, sends: [bulk, get, form] });

describe("Matomo's calls", () => {
  async function start() {
    const { app, key, shards } = await testApp(testTenant(), [matomoProtocol]);
    const browserKey = await key('browser');
    const send = (fields: Fields, headers: Fields = {}) =>
      app.fetch(new Request(`http://tidemark.test/k/${browserKey}/matomo.php?${query(fields)}`, { headers }));
    return { app, send, shards, browserKey, serverKey: await key('server') };
  }

  it('of a page fill the columns, as the JavaScript tracker sends it', async () => {
    const { send, shards } = await start();
    const response = await send({
      action_name: 'Tea',
      idsite: '1',
      rec: '1',
      r: '123456',
      h: '12',
      m: '0',
      s: '1',
      url: 'https://shop.example/tea?utm_source=news',
      urlref: 'https://search.example/',
      _id: VISITOR,
      _idn: '1',
      send_image: '0',
      pdf: '1',
      cookie: '1',
      res: '1920x1080',
      pv_id: 'aB3dE5',
      rand: '483920',
      dimension1: 'member',
      cvar: '{"1":["plan","pro"]}',
    });
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect(
      shards.rows(
        'id',
        'type',
        'event',
        'anonymous_id',
        'title',
        'path',
        'referrer_domain',
        'utm_source',
        'properties',
      ),
    ).toEqual([
      [
        `${VISITOR}.aB3dE5.483920`,
        'page',
        'page',
        VISITOR,
        'Tea',
        '/tea',
        'search.example',
        'news',
        '{"dimension1":"member","plan":"pro"}',
      ],
    ]);
  });

  it('of each kind have their names and properties', async () => {
    const { send, shards } = await start();
    const base = { idsite: '1', rec: '1', url: 'https://shop.example/' };
    await send({ ...base, e_c: 'shop', e_a: 'add', e_n: 'tea', e_v: '2.5' });
    await send({ ...base, idgoal: '3', revenue: '9.90' });
    await send({
      ...base,
      idgoal: '0',
      ec_id: 'o1',
      revenue: '99.5',
      ec_st: '90',
      ec_items: '[["SKU1","Tea",["Drinks"],4.5,2]]',
    });
    await send({ ...base, idgoal: '0', revenue: '10', ec_items: '[]' });
    await send({ ...base, search: 'green tea', search_count: '7' });
    await send({ ...base, link: 'https://other.example/' });
    await send({ ...base, download: 'https://shop.example/a.pdf' });
    await send({ ...base, c_n: 'banner', c_p: 'a.png' });
    await send({ ...base, c_n: 'banner', c_i: 'click' });
    await send({ ...base, ping: '1' });
    expect(shards.rows('event', 'properties')).toEqual([
      ['add', '{"category":"shop","name":"tea","value":2.5}'],
      ['goal', '{"goal_id":3,"revenue":9.9}'],
      [
        'order',
        '{"order_id":"o1","revenue":99.5,"subtotal":90,"items":[{"sku":"SKU1","name":"Tea","category":["Drinks"],"price":4.5,"quantity":2}]}',
      ],
      ['cart_update', '{"revenue":10,"items":[]}'],
      ['search', '{"query":"green tea","results":7}'],
      ['outlink', '{"target":"https://other.example/"}'],
      ['download', '{"target":"https://shop.example/a.pdf"}'],
      ['content_impression', '{"content_name":"banner","content_piece":"a.png"}'],
      ['content_interaction', '{"content_name":"banner","interaction":"click"}'],
      ['ping', null],
    ]);
  });

  it('of a server say the time, the place, the agent and the address of the visitor', async () => {
    const { app, serverKey, shards } = await start();
    const requests = [
      `?${query({ idsite: '1', rec: '1', cid: VISITOR, cdt: '2026-03-10 11:00:00', cip: '203.0.113.7', country: 'de', city: 'Berlin', ua: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', url: 'https://a.example/' })}`,
      `?${query({ idsite: '1', rec: '1', cid: VISITOR, cdt: '1773140400', cip: '203.0.113.7', url: 'https://a.example/' })}`,
    ];
    const response = await app.fetch(
      requestTo('/matomo.php', JSON.stringify({ requests, token_auth: serverKey }), FORM),
    );
    expect(await response.json()).toEqual({ status: 'success', tracked: 2, invalid: 0, invalid_indices: [] });
    expect(shards.rows('anonymous_id', 'country', 'city', 'browser', 'sender')).toEqual([
      [VISITOR, 'DE', 'Berlin', 'Firefox', 'server'],
      [VISITOR, null, null, null, 'server'],
    ]);
    expect(JSON.stringify(shards.rows('context', 'properties'))).not.toContain('203.0.113.7');
  });

  it('with a visitor and a person make an identify', async () => {
    const { send, shards } = await start();
    await send({ idsite: '1', rec: '1', _id: VISITOR, uid: 'ann', url: 'https://a.example/' });
    expect(shards.rows('type', 'anonymous_id', 'user_id')).toEqual([
      ['page', VISITOR, 'ann'],
      ['identify', VISITOR, 'ann'],
    ]);
  });

  it('without ids are of the visitor of the day', async () => {
    const { send, shards } = await start();
    await send({ idsite: '1', rec: '1', url: 'https://a.example/' }, { 'x-forwarded-for': '203.0.113.7' });
    expect(shards.rows('anonymous_id')).toEqual([[expect.stringMatching(/^day-[0-9a-f]{32}$/)]]);
  });

  it('that are refused are told by their positions, and are no success when all are', async () => {
    const { app, serverKey, send } = await start();
    const post = (requests: readonly unknown[]) =>
      app.fetch(requestTo('/matomo.php', JSON.stringify({ requests, token_auth: serverKey }), FORM));
    expect(await (await post(['?url=https://a.example/', 7, '?e_c=shop'])).json()).toEqual({
      status: 'success',
      tracked: 1,
      invalid: 2,
      invalid_indices: [1, 2],
    });
    expect((await post([7])).status).toBe(400);
    const refused = await send({ e_c: 'shop' });
    expect([refused.status, refused.headers.get('content-type')]).toEqual([400, 'image/gif']);
    const inUrl = await app.fetch(new Request(`http://tidemark.test/matomo.php?token_auth=${serverKey}&url=x`));
    expect(await problemOf(inUrl)).toEqual([403, 'key-scope']);
  });
});

const event = (fields: Fields) => ({ rec: '1', _id: VISITOR, ...fields });

describeMalformedForms("Matomo's protocol", {
  protocol: matomoProtocol,
  send: {
    ...bulk,
    request: (events, key) =>
      requestTo('/matomo.php', JSON.stringify({ requests: events, token_auth: key ?? undefined }), FORM),
  },
  refusalCode,
  events: [
    ['no call', null, 'event-not-object', ''],
    ['a number', 7, 'event-not-object', ''],
    ['a list', ['?url=x'], 'event-not-object', ''],
    ['a category without an action', event({ e_c: 'shop' }), 'name-missing', '/e_a'],
    ['a blank action', event({ e_c: 'shop', e_a: '  ' }), 'name-missing', '/e_a'],
    ['a long action', event({ e_a: 'a'.repeat(201) }), 'name-too-long', '/e_a'],
    ['an action that is an object', { e_a: {} }, 'name-invalid', '/e_a'],
    ['a long visitor', event({ _id: 'v'.repeat(300) }), 'person-id-invalid', '/_id'],
    ['a visitor that is a list', { cid: ['x'] }, 'person-id-invalid', '/cid'],
    ['a long person', event({ uid: 'u'.repeat(300) }), 'person-id-invalid', '/uid'],
    ['a time in words', event({ cdt: 'yesterday' }), 'timestamp-invalid', '/cdt'],
    ['a time of no unit', event({ cdt: '5' }), 'timestamp-out-of-range', '/cdt'],
    ['a day that is none', event({ cdt: '2026-02-30 10:00:00' }), 'timestamp-invalid', '/cdt'],
    ['a large dimension', event({ dimension1: 'x'.repeat(40_000) }), 'event-too-large'],
    ['variables that are no JSON', event({ cvar: '{"1":' }), null],
    ['variables that are a list', event({ cvar: '[1,2]' }), null],
    ['items that are no JSON', event({ idgoal: '0', ec_id: 'o', ec_items: '[[' }), null],
    ['items that are no lists', event({ idgoal: '0', ec_id: 'o', ec_items: '[1,{}]' }), null],
    ['a goal without a text form', { idgoal: NO_TEXT }, null],
    ['a revenue of words', event({ idgoal: '1', revenue: 'much' }), null],
    ['a screen of words', event({ res: 'big' }), null],
    ['an empty variable for a person', event({ uid: 'undefined' }), null],
    ['nothing at all', {}, null],
    ['a text that is no query', 'nonsense', null],
    ['broken escapes', '?url=%%%&=&action_name=%zz', null],
  ],
  bodies: [
    ['JSON cut short', bytesOf('{"requests":["?a'), 'json-invalid'],
    ['no requests', bytesOf('{"idsite":1}'), 0],
    ['requests that are a text', bytesOf('{"requests":"?url=x"}'), 'batch-invalid'],
    ['no UTF-8', Uint8Array.of(0x7b, 0xff), 'utf8-invalid'],
    ['no calls', bytesOf('{"requests":[]}'), 0],
    ['a form of anything', bytesOf('%%%=&&'), 1],
  ],
});
