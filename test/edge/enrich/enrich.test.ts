import { describe, expect, it } from 'vitest';
import type { StringColumn } from '../../../src/core/event/event.ts';
import { testApp } from '../support/app.ts';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';
const GOOGLEBOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
const BERLIN = { country: 'DE', region: 'Berlin', city: 'Berlin' };

async function row(event: object, headers: Record<string, string>, cf: object | undefined, ...columns: StringColumn[]) {
  const { send, shards } = await testApp();
  const response = await send({ event: 'x', ...event }, { headers, ...(cf && { cf }) });
  expect(response.status).toBe(200);
  return shards.rows(...columns)[0];
}

describe('browser, system and device', () => {
  it("are the request's when a browser sends", async () => {
    expect(await row({}, { 'user-agent': CHROME }, undefined, 'browser', 'os', 'device')).toEqual([
      'Chrome',
      'Windows',
      'desktop',
    ]);
  });

  it("are the context's when it names one", async () => {
    const event = { context: { userAgent: IPHONE } };
    expect(await row(event, { 'user-agent': CHROME }, undefined, 'browser', 'os', 'device')).toEqual([
      'Safari',
      'iOS',
      'mobile',
    ]);
  });

  it('are unknown when a server sends without saying for whom', async () => {
    const headers = { 'user-agent': 'analytics-node-next/latest' };
    expect(await row({}, headers, BERLIN, 'browser', 'os', 'device', 'country')).toEqual([null, null, null, null]);
  });

  it('survive a hostile text', async () => {
    const event = { context: { userAgent: `Mozilla/5.0 ${'('.repeat(20_000)}` } };
    expect(await row(event, {}, undefined, 'browser')).toEqual([null]);
  });
});

describe('a bot', () => {
  const AMAZON = { asn: 16_509 };
  const HEADLESS = CHROME.replace('Chrome/', 'HeadlessChrome/');
  const HINTS = { 'user-agent': CHROME, 'sec-ch-ua': '"HeadlessChrome";v="140", "Not=A?Brand";v="24"' };

  it.each<[string, object, Record<string, string>, object | undefined, string]>([
    ['its User-Agent', {}, { 'user-agent': GOOGLEBOT }, undefined, 'user-agent'],
    ['the User-Agent of its context', { userAgent: GOOGLEBOT }, { 'user-agent': CHROME }, undefined, 'user-agent'],
    ['a browser without a window', {}, { 'user-agent': HEADLESS }, undefined, 'headless'],
    ['client hints', {}, HINTS, undefined, 'headless'],
    ['a network of servers', {}, { 'user-agent': CHROME }, AMAZON, 'data-centre'],
    [
      'the same, of a browser that tells its User-Agent twice',
      { userAgent: CHROME },
      { 'user-agent': CHROME },
      AMAZON,
      'data-centre',
    ],
  ])('is told by %s', async (_name, context, headers, cf, reason) => {
    const [device, stored] = (await row({ context }, headers, cf, 'device', 'context')) as [string, string];
    expect([device, JSON.parse(stored).bot]).toEqual(['bot', reason]);
  });

  it.each([
    [true, 'bot', true],
    ['qa', 'bot', 'qa'],
    [false, 'desktop', false],
  ])('is what the event declares: %s', async (bot, device, kept) => {
    const [found, stored] = (await row({ context: { bot } }, HINTS, AMAZON, 'device', 'context')) as [string, string];
    expect([found, JSON.parse(stored).bot]).toEqual([device, kept]);
  });

  it('is nobody for whom a server speaks, wherever the server stands', async () => {
    const forPhone = { context: { userAgent: IPHONE } };
    expect(await row(forPhone, { 'user-agent': CHROME }, AMAZON, 'device')).toEqual(['mobile']);
    const forAddress = { context: { ip: '192.0.2.1' } };
    expect(await row(forAddress, { 'user-agent': CHROME }, AMAZON, 'device')).toEqual(['desktop']);
    expect(await row({}, { 'user-agent': 'analytics-node-next/latest' }, AMAZON, 'device', 'context')).toEqual([
      null,
      null,
    ]);
  });

  it('keeps what its context says', async () => {
    const event = { context: { locale: 'en' } };
    expect(await row(event, { 'user-agent': GOOGLEBOT }, undefined, 'context')).toEqual([
      '{"bot":"user-agent","locale":"en"}',
    ]);
  });
});

describe('the place', () => {
  it("is the request's", async () => {
    expect(await row({}, { 'user-agent': CHROME }, BERLIN, 'country', 'region', 'city')).toEqual([
      'DE',
      'Berlin',
      'Berlin',
    ]);
    expect(await row({}, { 'user-agent': CHROME }, undefined, 'country')).toEqual([null]);
  });

  it("is the context's when it names one, and unknown when the event came through a server", async () => {
    const there = { context: { location: { country: 'FR', city: 'Paris' } } };
    expect(await row(there, {}, BERLIN, 'country', 'region', 'city')).toEqual(['FR', null, 'Paris']);
    expect(await row({ context: { ip: '203.0.113.1' } }, {}, BERLIN, 'country', 'context')).toEqual([null, null]);
  });
});

describe('the page', () => {
  const url = 'https://www.shop.example/a/b?utm_source=news&utm_medium=e%20mail&utm_campaign=spring+sale#x';

  it('is read from the context', async () => {
    const page = { url, title: 'Shop', referrer: 'https://www.Google.com:443/search?q=x' };
    const columns = [
      'url',
      'path',
      'title',
      'referrer_domain',
      'utm_source',
      'utm_medium',
      'utm_campaign',
      'utm_term',
    ] as const;
    expect(await row({ context: { page } }, {}, undefined, ...columns)).toEqual([
      url,
      '/a/b',
      'Shop',
      'google.com',
      'news',
      'e mail',
      'spring sale',
      null,
    ]);
  });

  it('is read from the properties of a page event', async () => {
    const event = { type: 'page', properties: { url, title: 'Shop', referrer: 'https://t.co/' } };
    expect(await row(event, {}, undefined, 'type', 'path', 'title', 'referrer_domain', 'utm_source')).toEqual([
      'page',
      '/a/b',
      'Shop',
      't.co',
      'news',
    ]);
    expect(await row({ properties: { url } }, {}, undefined, 'url', 'path')).toEqual([null, null]);
  });

  it('has no referrer domain when one came from the site itself, or from nowhere', async () => {
    for (const referrer of ['https://shop.example/other', '', '$direct']) {
      expect(await row({ context: { page: { url, referrer } } }, {}, undefined, 'referrer_domain')).toEqual([null]);
    }
  });

  it('takes the campaign of the context before that of the URL', async () => {
    const context = { page: { url }, campaign: { source: 'own', name: 'n', content: 'c' } };
    expect(await row({ context }, {}, undefined, 'utm_source', 'utm_medium', 'utm_campaign', 'utm_content')).toEqual([
      'own',
      'e mail',
      'n',
      'c',
    ]);
  });

  it.each([
    ['https://shop.example', '/'],
    ['https://shop.example?x=/y', '/'],
    ['/relative?x', '/relative'],
    ['android-app://com.example', '/'],
    ['nonsense', null],
  ])('of %s has the path %s', async (odd, path) => {
    expect(await row({ context: { page: { url: odd } } }, {}, undefined, 'path')).toEqual([path]);
  });
});

it('reads session and group from the context', async () => {
  const context = { sessionId: 's1', groupId: 'g1' };
  expect(await row({ context }, {}, undefined, 'session_id', 'group_id')).toEqual(['s1', 'g1']);
});
