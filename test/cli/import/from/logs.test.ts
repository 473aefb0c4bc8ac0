import { describe, expect, it } from 'vitest';
import { importText, lines } from './rows.ts';

const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

describe.each(['apache', 'nginx'])('--from %s', (from) => {
  it('reads the combined and the common format, with a virtual host and further fields', async () => {
    const { events, refused, skipped } = await importText(
      from,
      lines(
        `203.0.113.7 - - [17/May/2015:10:05:03 +0200] "GET /a?utm_source=ad HTTP/1.1" 200 203023 "https://search.example/" "${AGENT}"`,
        `203.0.113.7 - ann [17/May/2015:10:05:04 +0000] "POST /login HTTP/2.0" 302 - "-" "${AGENT}"`,
        `203.0.113.7 - - [17/May/2015:10:05:05 +0000] "GET /style.css HTTP/1.1" 200 10 "-" "${AGENT}"`,
        `203.0.113.7 - - [17/May/2015:10:05:06 +0000] "GET /none HTTP/1.1" 404 10 "-" "${AGENT}"`,
        '198.51.100.1 - - [17/May/2015:10:05:07 +0000] "GET /plain HTTP/1.0" 200 5',
        `shop.example:443 198.51.100.1 - - [17/May/2015:10:05:08 +0000] "GET /host HTTP/1.1" 200 5 "-" "quoted \\" agent"`,
        `198.51.100.1 - - [17/May/2015:10:05:09 +0000] "GET /proxied HTTP/1.1" 200 5 "-" "${AGENT}" "203.0.113.7"`,
        '198.51.100.1 - - [17/May/2015:10:05:10 +0000] "-" 408 0 "-" "-"',
        'nonsense',
      ),
      'access.log',
    );
    const [first, second, third, fourth, common, host, proxied] = events;
    expect(first).toEqual({
      id: 'f-1',
      type: 'page',
      anonymousId: expect.stringMatching(/^[0-9a-f]{24}$/),
      timestamp: '2015-05-17T10:05:03+02:00',
      properties: { method: 'GET', status: 200, protocol: 'HTTP/1.1', size_bytes: 203_023 },
      context: { page: { url: '/a?utm_source=ad', path: '/a', referrer: 'https://search.example/' }, userAgent: AGENT },
    });
    expect(second).toMatchObject({
      event: 'request',
      userId: 'ann',
      properties: { method: 'POST', status: 302, size_bytes: 0 },
    });
    expect([third, fourth].map((event) => event?.event)).toEqual(['request', 'request']);
    expect(new Set([first, second, third].map((event) => event?.anonymousId)).size).toBe(1);
    expect(common).toMatchObject({ type: 'page', context: { page: { url: '/plain' } } });
    expect(host).toMatchObject({
      type: 'page',
      context: { page: { url: 'https://shop.example/host', path: '/host' } },
    });
    expect(proxied?.anonymousId).toBe(first?.anonymousId);
    expect(JSON.stringify(events)).not.toMatch(/203\.0\.113|198\.51\.100/);
    expect(refused).toEqual([[9, 'mapping-failed', 'the line is in neither the combined nor the common log format']]);
    expect(skipped).toBe(1);
  });

  it('refuses a time that is none', async () => {
    const { events, refused } = await importText(
      from,
      lines('203.0.113.7 - - [17/Foo/2015] "GET / HTTP/1.1" 200 5'),
      'access.log',
    );
    expect(events).toEqual([]);
    expect(refused).toEqual([[1, 'mapping-failed', '"17/Foo/2015" is not a time of an access log']]);
  });
});

describe('--from cloudfront', () => {
  const FIELDS =
    'date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version';
  const row = (parts: Readonly<Record<string, string>>) =>
    FIELDS.split(' ')
      .map((name) => parts[name] ?? '-')
      .join('\t');

  it('reads the standard log', async () => {
    const { events, refused, skipped } = await importText(
      'cloudfront',
      lines(
        '#Version: 1.0',
        `#Fields: ${FIELDS}`,
        row({
          date: '2019-12-04',
          time: '21:02:31',
          'x-edge-location': 'LAX1',
          'sc-bytes': '392',
          'c-ip': '192.0.2.100',
          'cs-method': 'GET',
          'cs(Host)': 'd111111abcdef8.cloudfront.net',
          'cs-uri-stem': '/index.html',
          'sc-status': '200',
          'cs(Referer)': 'https://search.example/',
          'cs(User-Agent)': 'Mozilla/5.0%20(Windows%20NT%2010.0;%20Win64;%20x64)',
          'cs-uri-query': 'utm_source=news&q=a%2520b',
          'x-edge-result-type': 'Hit',
          'x-edge-request-id': 'SOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ==',
          'x-host-header': 'shop.example',
          'time-taken': '0.001',
          'cs-protocol-version': 'HTTP/2.0',
        }),
        'too\tfew',
      ),
      'E1.log',
    );
    expect(events).toEqual([
      {
        id: 'SOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ==',
        type: 'page',
        anonymousId: expect.stringMatching(/^[0-9a-f]{24}$/),
        timestamp: '2019-12-04T21:02:31Z',
        properties: {
          method: 'GET',
          status: 200,
          protocol: 'HTTP/2.0',
          size_bytes: 392,
          seconds: 0.001,
          edge: 'LAX1',
          result: 'Hit',
        },
        context: {
          page: {
            url: 'https://shop.example/index.html?utm_source=news&q=a b',
            path: '/index.html',
            referrer: 'https://search.example/',
          },
          userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)',
        },
      },
    ]);
    expect(skipped).toBe(2);
    expect(refused).toEqual([[4, 'mapping-failed', 'the line has 2 fields, "#Fields:" names 24']]);
  });
});

describe('--from iis', () => {
  it('reads the W3C log, whose fields may change on the way', async () => {
    const { events, refused } = await importText(
      'iis',
      lines(
        '#Software: Microsoft Internet Information Services 10.0',
        '#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken',
        '2024-03-10 12:00:01 10.0.0.1 GET /default.aspx id=5 443 - 203.0.113.7 Mozilla/5.0+(Windows+NT+10.0) https://search.example/ 200 0 0 46',
        '2024-03-10 12:00:02 10.0.0.1 GET /app.js - 443 SHOP\\ann 203.0.113.7 Mozilla/5.0+(Windows+NT+10.0) - 200 0 0 1',
        '#Fields: date time cs-method cs-uri-stem c-ip sc-status',
        '2024-03-10 12:00:03 GET /short 203.0.113.7 200',
      ),
      'u_ex240310.log',
    );
    expect(events).toEqual([
      {
        id: 'f-3',
        type: 'page',
        anonymousId: expect.any(String),
        timestamp: '2024-03-10T12:00:01Z',
        properties: { method: 'GET', status: 200, seconds: 0.046 },
        context: {
          page: { url: '/default.aspx?id=5', path: '/default.aspx', referrer: 'https://search.example/' },
          userAgent: 'Mozilla/5.0 (Windows NT 10.0)',
        },
      },
      expect.objectContaining({ event: 'request', userId: 'SHOP\\ann', anonymousId: events[0]!.anonymousId }),
      expect.objectContaining({ id: 'f-6', type: 'page', timestamp: '2024-03-10T12:00:03Z' }),
    ]);
    expect(refused).toEqual([]);
  });

  it('refuses lines before their fields are named', async () => {
    const { refused } = await importText('iis', lines('2024-03-10 12:00:03 GET / 203.0.113.7 200'), 'u.log');
    expect(refused).toEqual([[1, 'mapping-failed', 'no line "#Fields:" names the fields of this one']]);
  });
});
