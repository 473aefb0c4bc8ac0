import { describe, expect, it } from 'vitest';
import { HISTORY_FORMATS } from '../../../../src/cli/import/from/formats.ts';
import { importText, lines } from './rows.ts';

describe('the formats of history', () => {
  it.each(HISTORY_FORMATS.names)('%s is there', async (name) => {
    expect((await HISTORY_FORMATS.find(name))?.open()).toBeTypeOf('function');
  });

  it('are no others', async () => {
    expect(await HISTORY_FORMATS.find('adobe')).toBeNull();
    expect(await HISTORY_FORMATS.find('constructor')).toBeNull();
  });

  it.each(['segment', 'rudderstack', 'ga4', 'matomo'])('of JSON refuse what is none: %s', async (name) => {
    const { events, refused } = await importText(name, lines('[1]', '"x"', '{"a":'), 'export.ndjson');
    expect(events).toEqual([]);
    expect(refused.map(([row]) => row)).toEqual([1, 2, 3]);
  });
});

describe.each(['segment', 'rudderstack'])('--from %s', (from) => {
  it('reads archived events, each with its id, times and people', async () => {
    const base = { channel: 'server', receivedAt: '2024-03-10T12:00:09Z', integrations: { All: true }, version: 2 };
    const context = { page: { url: 'https://a.example/x?utm_source=ad' }, library: { name: 'analytics.js' } };
    const { events, refused, skipped } = await importText(
      from,
      lines(
        {
          ...base,
          type: 'track',
          event: 'Ordered',
          messageId: 'm1',
          userId: 'u',
          anonymousId: 'a',
          timestamp: '2024-03-10T12:00:00Z',
          originalTimestamp: '2024-03-10T13:00:00Z',
          sentAt: '2024-03-10T13:00:01Z',
          properties: { revenue: 5 },
          context,
        },
        {
          ...base,
          type: 'identify',
          messageId: 'm2',
          userId: 'u',
          anonymousId: 'a',
          originalTimestamp: '2024-03-10T12:00:01Z',
          traits: { plan: 'pro' },
        },
        { ...base, type: 'group', messageId: 'm3', userId: 'u', groupId: 'g', traits: { size: 3 } },
        { ...base, type: 'alias', messageId: 'm4', userId: 'u', previousId: 'old' },
        {
          ...base,
          type: 'page',
          messageId: 'm5',
          anonymousId: 'a',
          name: 'Home',
          properties: { url: 'https://a.example/' },
        },
        { ...base, type: 'delete', userId: 'u' },
      ),
      'archive.ndjson',
    );
    expect(refused).toEqual([]);
    expect(skipped).toBe(1);
    expect(events).toEqual([
      {
        id: 'm1',
        type: 'track',
        event: 'Ordered',
        userId: 'u',
        anonymousId: 'a',
        timestamp: '2024-03-10T12:00:00Z',
        properties: { revenue: 5 },
        context,
      },
      {
        id: 'm2',
        type: 'identify',
        userId: 'u',
        anonymousId: 'a',
        timestamp: '2024-03-10T12:00:01Z',
        properties: { plan: 'pro' },
      },
      {
        id: 'm3',
        type: 'group',
        userId: 'u',
        groupId: 'g',
        timestamp: '2024-03-10T12:00:09Z',
        properties: { size: 3 },
      },
      { id: 'm4', type: 'alias', userId: 'u', previousId: 'old', timestamp: '2024-03-10T12:00:09Z' },
      {
        id: 'm5',
        type: 'page',
        name: 'Home',
        anonymousId: 'a',
        timestamp: '2024-03-10T12:00:09Z',
        properties: { url: 'https://a.example/' },
      },
    ]);
  });
});

describe('--from snowplow', () => {
  const NAMES: Readonly<Record<string, number>> = {
    app_id: 0,
    platform: 1,
    collector_tstamp: 3,
    event: 5,
    event_id: 6,
    v_tracker: 9,
    user_id: 12,
    domain_userid: 15,
    geo_country: 18,
    geo_city: 20,
    page_url: 29,
    page_title: 30,
    page_referrer: 31,
    mkt_source: 48,
    contexts: 52,
    se_category: 53,
    se_action: 54,
    se_value: 57,
    unstruct_event: 58,
    useragent: 77,
    br_lang: 83,
    domain_sessionid: 123,
    derived_tstamp: 124,
    event_name: 126,
  };
  const row = (parts: Readonly<Record<string, string>>) => {
    const values = new Array<string>(131).fill('');
    for (const [name, value] of Object.entries(parts)) values[NAMES[name]!] = value;
    return values.join('\t');
  };
  const base = {
    app_id: 'shop',
    platform: 'web',
    derived_tstamp: '2024-03-10 12:00:00.123',
    domain_userid: 'd',
    domain_sessionid: 's',
  };
  const described = (schema: string, data: unknown) => ({ schema: `iglu:com.acme/${schema}/jsonschema/1-0-0`, data });

  it('reads enriched events, and joins a device and its person once', async () => {
    const { events, refused } = await importText(
      'snowplow',
      lines(
        row({
          ...base,
          event: 'page_view',
          event_id: 'e1',
          page_url: 'https://a.example/x',
          page_title: 'X',
          page_referrer: 'https://search.example/',
          mkt_source: 'news',
          geo_country: 'DE',
          geo_city: 'Berlin',
          useragent: 'Mozilla/5.0',
          br_lang: 'de',
        }),
        row({
          ...base,
          event: 'struct',
          event_id: 'e2',
          user_id: 'ann',
          se_category: 'shop',
          se_action: 'add',
          se_value: '2.5',
        }),
        row({
          ...base,
          event: 'unstruct',
          event_id: 'e3',
          user_id: 'ann',
          event_name: 'ordered',
          unstruct_event: JSON.stringify({
            schema: 'iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0',
            data: described('ordered', { revenue: 5 }),
          }),
          contexts: JSON.stringify({ schema: 'x', data: [described('product', { sku: 'a' })] }),
        }),
        'app\tweb',
      ),
      'enriched.tsv',
    );
    expect(events).toEqual([
      {
        id: 'e1',
        type: 'page',
        anonymousId: 'd',
        timestamp: '2024-03-10T12:00:00.123Z',
        context: {
          page: { url: 'https://a.example/x', title: 'X', referrer: 'https://search.example/' },
          campaign: { source: 'news' },
          location: { country: 'DE', city: 'Berlin' },
          userAgent: 'Mozilla/5.0',
          locale: 'de',
          app: { name: 'shop' },
          platform: 'web',
          sessionId: 's',
        },
      },
      expect.objectContaining({ id: 'e2', event: 'add', userId: 'ann', properties: { category: 'shop', value: 2.5 } }),
      { id: 'link d ann', type: 'identify', userId: 'ann', anonymousId: 'd', timestamp: '2024-03-10T12:00:00.123Z' },
      expect.objectContaining({
        id: 'e3',
        event: 'ordered',
        properties: { revenue: 5 },
        context: expect.objectContaining({ entities: { product: { sku: 'a' } } }),
      }),
    ]);
    expect(refused).toEqual([[4, 'mapping-failed', 'the line has 2 fields, an enriched event has 131']]);
  });
});

describe('--from ga4', () => {
  it('reads the rows of BigQuery, with people, traits and countries', async () => {
    const param = (key: string, value: object) => ({ key, value });
    const base = {
      event_date: '20240310',
      event_timestamp: '1710072000000000',
      user_pseudo_id: '12.34',
      event_bundle_sequence_id: '7',
      stream_id: '99',
      platform: 'WEB',
      geo: { country: 'Germany', region: 'Berlin', city: 'Berlin' },
      device: { category: 'desktop', operating_system: 'Windows', language: 'de' },
    };
    const { events, refused } = await importText(
      'ga4',
      lines(
        {
          ...base,
          event_name: 'page_view',
          event_params: [
            param('page_location', { string_value: 'https://a.example/?utm_source=x' }),
            param('page_title', { string_value: 'A' }),
            param('ga_session_id', { int_value: '1710071999' }),
            param('engaged', { int_value: '1' }),
            param('screen', { int_value: '-5164663614086310235' }),
          ],
          collected_traffic_source: { manual_source: 'news' },
        },
        {
          ...base,
          event_name: 'purchase',
          user_id: 'ann',
          event_params: [param('currency', { string_value: 'EUR' }), param('value', { double_value: 12.5 })],
          ecommerce: { transaction_id: 'T1', purchase_revenue: 12.5 },
          items: [{ item_id: 'a', price: 12.5 }],
          user_properties: [param('plan', { string_value: 'pro' })],
        },
        {
          ...base,
          event_name: 'scroll',
          user_id: 'ann',
          event_params: [],
          user_properties: [param('plan', { string_value: 'pro' })],
        },
      ),
    );
    expect(refused).toEqual([]);
    const context = {
      location: { country: 'DE', region: 'Berlin', city: 'Berlin' },
      device: { type: 'desktop' },
      os: { name: 'Windows' },
      locale: 'de',
      app: { name: '99' },
      platform: 'WEB',
    };
    expect(events).toEqual([
      {
        id: '12.34.1710072000000000.page_view.7.',
        type: 'page',
        anonymousId: '12.34',
        timestamp: 1_710_072_000_000_000,
        properties: { engaged: 1, screen: '-5164663614086310235' },
        context: {
          page: { url: 'https://a.example/?utm_source=x', title: 'A' },
          campaign: { source: 'news' },
          sessionId: '1710071999',
          ...context,
        },
      },
      {
        id: '12.34.1710072000000000.purchase.7.',
        event: 'purchase',
        userId: 'ann',
        anonymousId: '12.34',
        timestamp: 1_710_072_000_000_000,
        properties: {
          currency: 'EUR',
          value: 12.5,
          transaction_id: 'T1',
          revenue: 12.5,
          items: [{ item_id: 'a', price: 12.5 }],
        },
        context,
      },
      {
        id: '12.34.1710072000000000.purchase.7..traits',
        type: 'identify',
        userId: 'ann',
        anonymousId: '12.34',
        timestamp: 1_710_072_000_000_000,
        properties: { plan: 'pro' },
      },
      expect.objectContaining({ event: 'scroll' }),
      { id: 'link 12.34 ann', type: 'identify', userId: 'ann', anonymousId: '12.34', timestamp: 1_710_072_000_000_000 },
    ]);
  });
});

describe('--from matomo', () => {
  it('reads visits, each action an event', async () => {
    const visit = {
      idVisit: '7',
      idSite: '1',
      visitorId: '0123456789abcdef',
      userId: 'ann',
      referrerType: 'campaign',
      referrerName: 'spring',
      referrerUrl: 'https://search.example/',
      countryCode: 'de',
      city: 'Berlin',
      deviceType: 'Smartphone',
      operatingSystemName: 'iOS',
      browserName: 'Safari',
      languageCode: 'de-de',
      resolution: '390x844',
      actionDetails: [
        { type: 'action', url: 'https://a.example/x', pageTitle: 'X', timestamp: 1_710_072_000, idlink_va: 1 },
        {
          type: 'event',
          eventCategory: 'shop',
          eventAction: 'add',
          eventName: 'tea',
          eventValue: 2,
          url: 'https://a.example/x',
          timestamp: 1_710_072_001,
          idlink_va: 2,
        },
        {
          type: 'ecommerceOrder',
          orderId: 'o1',
          revenue: '12.5',
          itemDetails: [{ itemSKU: 'a', itemName: 'Tea', price: 6.25, quantity: '2' }],
          timestamp: 1_710_072_002,
        },
        {
          type: 'goal',
          goalId: 3,
          goalName: 'Sign up',
          revenue: 0,
          timestamp: 1_710_072_003,
          url: 'https://a.example/x',
        },
      ],
    };
    const { events, refused } = await importText(
      'matomo',
      JSON.stringify([visit, { ...visit, idVisit: '8', actionDetails: [visit.actionDetails[0]] }]),
    );
    expect(refused).toEqual([]);
    expect(events.map(({ id, type, event }) => [id, type ?? event])).toEqual([
      ['matomo 7 1.0', 'page'],
      ['matomo 7 2.1', 'add'],
      ['matomo 7 o1.2', 'order'],
      ['matomo 7 3.3', 'goal'],
      ['link 0123456789abcdef ann', 'identify'],
      ['matomo 8 1.0', 'page'],
    ]);
    expect(events[0]).toEqual({
      id: 'matomo 7 1.0',
      type: 'page',
      userId: 'ann',
      anonymousId: '0123456789abcdef',
      timestamp: 1_710_072_000,
      context: {
        page: { url: 'https://a.example/x', title: 'X', referrer: 'https://search.example/' },
        sessionId: '7',
        campaign: { name: 'spring' },
        location: { country: 'DE', city: 'Berlin' },
        device: { type: 'mobile' },
        os: { name: 'iOS' },
        browser: { name: 'Safari' },
        locale: 'de-de',
        screen: { width: 390, height: 844 },
        app: { name: '1' },
      },
    });
    expect(events[2]?.properties).toEqual({
      order_id: 'o1',
      revenue: 12.5,
      items: [{ sku: 'a', name: 'Tea', price: 6.25, quantity: 2 }],
    });
  });
});

describe('--from umami', () => {
  it('reads the rows of website_event as CSV', async () => {
    const { events, refused } = await importText(
      'umami',
      lines(
        'website_id,session_id,visit_id,event_id,hostname,browser,os,device,screen,language,country,region,city,url_path,url_query,referrer_path,referrer_query,referrer_domain,page_title,event_type,event_name,tag,distinct_id,created_at',
        'w,s1,v1,e1,a.example,firefox,Linux,laptop,1920x1080,en-US,DE,DE-BE,Berlin,/x,utm_source=ad,/q,,search.example,X,1,,,,2024-03-10 12:00:00',
        'w,s1,v1,e2,a.example,firefox,Linux,laptop,1920x1080,en-US,DE,DE-BE,Berlin,/x,,,,,X,2,ordered,b,ann,2024-03-10 12:00:01',
      ),
      'website_event.csv',
    );
    expect(refused).toEqual([]);
    expect(events).toEqual([
      {
        id: 'e1',
        type: 'page',
        anonymousId: 's1',
        timestamp: '2024-03-10T12:00:00Z',
        context: {
          page: { url: 'https://a.example/x?utm_source=ad', title: 'X', referrer: 'https://search.example/q' },
          sessionId: 'v1',
          location: { country: 'DE', region: 'DE-BE', city: 'Berlin' },
          device: { type: 'desktop' },
          os: { name: 'Linux' },
          browser: { name: 'firefox' },
          locale: 'en-US',
          screen: { width: 1920, height: 1080 },
        },
      },
      expect.objectContaining({
        id: 'e2',
        event: 'ordered',
        userId: 'ann',
        anonymousId: 's1',
        properties: { tag: 'b' },
      }),
      { id: 'link s1 ann', type: 'identify', userId: 'ann', anonymousId: 's1', timestamp: '2024-03-10T12:00:01Z' },
    ]);
  });
});

describe('--from plausible', () => {
  it('reads the rows of events_v2', async () => {
    const row = {
      site_id: 1,
      hostname: 'a.example',
      pathname: '/x',
      user_id: '11',
      session_id: '22',
      timestamp: '2024-03-10 12:00:00',
      referrer: 'search.example/q',
      utm_source: 'ad',
      country_code: 'DE',
      screen_size: 'Mobile',
      operating_system: 'iOS',
      browser: 'Safari',
    };
    const { events, refused } = await importText(
      'plausible',
      lines(
        { ...row, name: 'pageview', 'meta.key': [], 'meta.value': [], country_code: '\u0000\u0000' },
        {
          ...row,
          name: 'ordered',
          'meta.key': ['plan'],
          'meta.value': ['pro'],
          revenue_source_amount: '12.5',
          revenue_source_currency: 'EUR',
        },
      ),
      'events.ndjson',
    );
    expect(refused).toEqual([]);
    expect(events).toEqual([
      expect.objectContaining({ id: 'f-1', type: 'page', anonymousId: '11', timestamp: '2024-03-10T12:00:00Z' }),
      {
        id: 'f-2',
        event: 'ordered',
        anonymousId: '11',
        timestamp: '2024-03-10T12:00:00Z',
        properties: { plan: 'pro', revenue: 12.5, currency: 'EUR' },
        context: {
          page: { url: 'https://a.example/x', referrer: 'https://search.example/q' },
          campaign: { source: 'ad' },
          sessionId: '22',
          location: { country: 'DE' },
          device: { type: 'mobile' },
          os: { name: 'iOS' },
          browser: { name: 'Safari' },
        },
      },
    ]);
    expect(events[0]?.context).not.toHaveProperty('location');
  });

  it('reads lists in CSV, and refuses totals', async () => {
    const { events } = await importText(
      'plausible',
      lines(
        'name,user_id,timestamp,pathname,meta.key,meta.value',
        `ordered,11,2024-03-10 12:00:00,/x,"['plan','it\\'s']","['pro','a ""b""']"`,
      ),
      'events.csv',
    );
    expect(events[0]?.properties).toEqual({ plan: 'pro', "it's": 'a "b"' });
    const totals = await importText(
      'plausible',
      lines('date,visitors,pageviews', '2024-03-10,5,9'),
      'imported_visitors.csv',
    );
    expect(totals.refused).toEqual([[1, 'mapping-failed', expect.stringContaining('a total of a day')]]);
  });
});
