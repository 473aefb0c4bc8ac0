import { describe, expect, it } from 'vitest';
import logMapping from '../../examples/apache-log.map.ts';
import retailMapping from '../../examples/online-retail.map.ts';
import type { ImportEvent } from '../../src/cli/import/mapping.ts';

/** Each makes one event of a row. */
const mapLog = (...row: Parameters<typeof logMapping>) => logMapping(...row) as ImportEvent | null;
const mapRetail = (...row: Parameters<typeof retailMapping>) => retailMapping(...row) as ImportEvent | null;

const line = {
  InvoiceNo: '536365',
  StockCode: '85123A',
  Description: 'LANTERN',
  Quantity: '6',
  InvoiceDate: '2010-12-01T08:26:00Z',
  UnitPrice: '2.55',
  CustomerID: '17850',
  Country: 'France',
};

describe('the online retail mapping', () => {
  it('makes a line an event', () => {
    expect(mapRetail(line, 1)).toEqual({
      event: 'Purchase',
      userId: '17850',
      timestamp: '2010-12-01T08:26:00Z',
      properties: {
        invoice: '536365',
        StockCode: '85123A',
        Description: 'LANTERN',
        Quantity: 6,
        UnitPrice: 2.55,
        value: 15.3,
        Country: 'France',
      },
    });
  });

  it('tells cancellations and adjustments by the invoice', () => {
    const nameOf = (InvoiceNo: string) => mapRetail({ ...line, InvoiceNo }, 1)?.event;
    expect([nameOf('C536379'), nameOf('A563185'), nameOf('536365')]).toEqual(['Cancel', 'Adjust', 'Purchase']);
  });

  it('gives a line without a customer no person', () => {
    const event = mapRetail({ ...line, CustomerID: '' }, 1);
    expect(event?.userId).toBeUndefined();
    expect(event?.anonymousId).toBeUndefined();
  });

  it.each([
    ['3', '1.1', 3.3],
    ['-3', '1.1', -3.3],
    ['1', '0.001', 0.001],
    ['80995', '2.08', 168_469.6],
    ['1', '-11062.06', -11_062.06],
    ['7', '0.07', 0.49],
  ])('multiplies %s by %s without the dust of binary fractions', (Quantity, UnitPrice, value) => {
    expect(mapRetail({ ...line, Quantity, UnitPrice }, 1)?.properties?.value).toBe(value);
  });

  it('throws at a row that lacks what counts', () => {
    expect(() => mapRetail({ ...line, UnitPrice: 'x' }, 1)).toThrow('UnitPrice "x" is not a number');
    expect(() => mapRetail({ ...line, InvoiceDate: '' }, 1)).toThrow('InvoiceDate is empty');
  });
});

describe('the Apache log mapping', () => {
  const agent = String.raw`Mozilla/5.0 (says \"hi\")`;
  const logLine = (time = '17/May/2015:10:05:03 +0000', referrer = 'http://a.example/x') =>
    `192.0.2.7 - - [${time}] "GET /shop/cup?utm_source=mail HTTP/1.1" 200 1234 "${referrer}" "${agent}"`;

  it('makes a request a page event without the address', () => {
    const event = mapLog(logLine(), 1);
    expect(event).toMatchObject({
      type: 'page',
      timestamp: '2015-05-17T10:05:03+00:00',
      properties: { method: 'GET', status: 200, bytes: 1234 },
      context: {
        page: { url: '/shop/cup?utm_source=mail', path: '/shop/cup', referrer: 'http://a.example/x' },
        userAgent: agent,
      },
    });
    expect(event?.anonymousId).toMatch(/^[0-9a-f]{24}$/);
    expect(JSON.stringify(event)).not.toContain('192.0.2.7');
  });

  it('reads the zone', () => {
    expect(mapLog(logLine('01/Jan/2020:00:30:00 +0530'), 1)?.timestamp).toBe('2020-01-01T00:30:00+05:30');
  });

  it('leaves out what the log does not know', () => {
    expect(mapLog(logLine(undefined, '-'), 1)?.context).not.toHaveProperty('page.referrer', '-');
  });

  it('knows a visitor by address and agent', () => {
    const visitor = (text: string) => mapLog(text, 1)?.anonymousId;
    expect(visitor(logLine())).toBe(visitor(logLine('18/May/2015:10:05:03 +0000')));
    expect(visitor(logLine())).not.toBe(visitor(logLine().replace('192.0.2.7', '192.0.2.8')));
  });

  describe('with the virtual host in front', () => {
    const vhostLine = (host: string, address: string, path = '/p', referrer = 'https://shop.example/p0') =>
      `${host} ${address} - - [07/Sep/2023:15:58:30 +0200] "GET ${path} HTTP/1.1" 200 1 "${referrer}" "Mozilla/5.0"`;

    it('knows visitors by their addresses', () => {
      const visitors = ['192.0.2.0', '192.0.2.1', '2001:db8::1', 'crawl.example.net'].map(
        (address) => mapLog(vhostLine('shop.example', address), 1)?.anonymousId,
      );
      expect(new Set(visitors).size).toBe(4);
      const alone = vhostLine('shop.example', '192.0.2.0').replace('shop.example ', '');
      expect(mapLog(alone, 1)?.anonymousId).toBe(visitors[0]);
    });

    it.each([
      ['shop.example', 'http://shop.example/p'],
      ['shop.example:443', 'https://shop.example/p'],
      ['shop.example:8080', 'http://shop.example:8080/p'],
    ])('tells the site by %s, so that it is no source of traffic', (host, url) => {
      const page = mapLog(vhostLine(host, '192.0.2.0'), 1)?.context?.page;
      expect(page).toMatchObject({ url, path: '/p', referrer: 'https://shop.example/p0' });
    });
  });

  it.each([['-'], [''], [String.raw`\x16\x03\x01`], ['quit'], [String.raw`\x03\x00\x00/*\xe0`]])(
    'skips the connection without a request "%s"',
    (request) => {
      expect(
        mapLog(
          logLine().replace(/"GET [^"]*"/, () => `"${request}"`),
          1,
        ),
      ).toBeNull();
    },
  );

  it.each([
    ['GET /my file.pdf HTTP/1.1', '/my file.pdf', 'HTTP/1.1'],
    ['GET http://shop.example/abs?x=1 HTTP/1.1', '/abs', 'HTTP/1.1'],
    ['GET http://shop.example HTTP/1.1', '/', 'HTTP/1.1'],
    ['GET /', '/', ''],
    ['GET /a%20b?c=d e HTTP/2.0', '/a%20b', 'HTTP/2.0'],
    ['OPTIONS * HTTP/1.0', '*', 'HTTP/1.0'],
    ['GET /?u=http://other.example/x HTTP/1.1', '/', 'HTTP/1.1'],
  ])('reads the request "%s"', (request, path, protocol) => {
    const event = mapLog(
      logLine().replace(/"GET [^"]*"/, () => `"${request}"`),
      1,
    );
    expect(event).toMatchObject({ properties: { protocol }, context: { page: { path } } });
  });

  it('takes no referrer from the hosts of the site itself', () => {
    const referrerOf = (referrer: string) => mapLog(logLine(undefined, referrer), 1)?.context?.page;
    expect(referrerOf('http://www.semicomplete.com/blog')).not.toHaveProperty('referrer', expect.anything());
    expect(referrerOf('http://notsemicomplete.com/')).toHaveProperty('referrer', 'http://notsemicomplete.com/');
  });

  it('throws at a line that is cut off', () => {
    expect(() => mapLog(logLine().slice(0, -1), 1)).toThrow('combined log format');
  });

  it('does not take long over a hostile line', () => {
    const startedAtMs = performance.now();
    expect(() => mapLog(`a - ${'['.repeat(50_000)}"`, 1)).toThrow();
    expect(performance.now() - startedAtMs).toBeLessThan(1_000);
  });

  it.each<[what: string, before: string, sameAs: string, url: string]>([
    ['a name with a dot from the ident service', '192.0.2.7 frank.smith bob', '192.0.2.7 - -', '/shop'],
    ['a user name of several words', '192.0.2.7 - John [x] Doe', '192.0.2.7 - -', '/shop'],
    ['a virtual host', 'shop.example:443 192.0.2.7 - -', '192.0.2.7 - -', 'https://shop.example/shop'],
    [
      'a virtual host and an address of IPv6',
      'shop.example 2001:db8::7 - -',
      '2001:db8::7 - -',
      'http://shop.example/shop',
    ],
    ['a virtual host that is an address', '[2001:db8::1]:443 ::1 - bob', '::1 - -', 'https://[2001:db8::1]/shop'],
    [
      'a virtual host and the name of the client',
      'shop.example:80 host.example - -',
      'host.example - -',
      'http://shop.example:80/shop',
    ],
  ])('takes the address of the visitor behind %s', (_, before, sameAs, url) => {
    const lineOf = (text: string) => `${text} [17/May/2015:10:05:03 +0000] "GET /shop HTTP/1.1" 200 1 "-" "a"`;
    const event = mapLog(lineOf(before), 1);
    expect(event?.anonymousId).toBe(mapLog(lineOf(sameAs), 1)?.anonymousId);
    expect(event?.context).toMatchObject({ page: { url, path: '/shop' } });
  });

  it.each(['-', String.raw`\x16\x03\x01`, ''])('skips the request %j', (request) => {
    expect(mapLog(`::1 - - [17/May/2015:10:05:03 +0000] "${request}" 200 - "-" "a"`, 1)).toBeNull();
  });
});
