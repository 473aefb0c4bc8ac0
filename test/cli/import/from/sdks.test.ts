import { describe, expect, it } from 'vitest';
import { importText, lines } from './rows.ts';

describe('--from mixpanel', () => {
  it('reads the raw export, and joins a device and its person once', async () => {
    const properties = {
      time: 1_710_072_000,
      distinct_id: 'ann',
      $device_id: 'd',
      $user_id: 'ann',
      $current_url: 'https://a.example/x?utm_source=ad',
      $referrer: '$direct',
      $os: 'Linux',
      $city: 'Berlin',
      mp_country_code: 'DE',
      plan: 'pro',
    };
    const { events, refused } = await importText(
      'mixpanel',
      lines(
        {
          event: '$mp_web_page_view',
          properties: { ...properties, distinct_id: '$device:d', $user_id: undefined, $insert_id: 'i0' },
        },
        { event: 'Ordered', properties: { ...properties, $insert_id: 'i1', revenue: 5 } },
        { event: 'Ordered', properties: { ...properties, $insert_id: 'i2' } },
        {
          event: '$create_alias',
          properties: { time: 1_710_072_001, distinct_id: 'old', alias: 'ann', $insert_id: 'i3' },
        },
      ),
      'export.ndjson',
    );
    expect(refused).toEqual([]);
    expect(events.map(({ id, type, userId, anonymousId }) => [id, type, userId ?? null, anonymousId ?? null])).toEqual([
      ['i0', 'page', null, 'd'],
      ['i1', 'track', 'ann', 'd'],
      ['link d ann', 'identify', 'ann', 'd'],
      ['i2', 'track', 'ann', 'd'],
      ['i3', 'alias', 'ann', null],
    ]);
    expect(events[1]).toMatchObject({
      event: 'Ordered',
      timestamp: 1_710_072_000,
      properties: { plan: 'pro', revenue: 5 },
      context: {
        page: { url: 'https://a.example/x?utm_source=ad' },
        os: { name: 'Linux' },
        location: { country: 'DE', city: 'Berlin' },
      },
    });
    expect(events[4]?.previousId).toBe('old');
  });
});

describe('--from amplitude', () => {
  it('reads the raw export, and joins a device and its person once', async () => {
    const base = {
      user_id: 'ann',
      device_id: 'd',
      session_id: 1_710_071_999_000,
      event_time: '2024-03-10 12:00:00.123000',
      uuid: 'u',
      os_name: 'Chrome',
      platform: 'Web',
      country: 'Germany',
      city: 'Berlin',
      language: 'German',
      version_name: '1.2',
      ip_address: '203.0.113.7',
      user_properties: { plan: 'pro' },
    };
    const { events, refused } = await importText(
      'amplitude',
      lines(
        { ...base, event_type: 'Ordered', $insert_id: 'i1', event_properties: { $price: 2.5, $quantity: 2, sku: 'a' } },
        { ...base, event_type: 'Seen', $insert_id: null, uuid: 'u2', event_properties: {} },
        { ...base, event_type: '$identify', $insert_id: 'i3', user_properties: { plan: 'free' } },
      ),
    );
    expect(refused).toEqual([]);
    expect(events.map(({ id, type, event }) => [id, type === 'track' ? event : type])).toEqual([
      ['i1', 'Ordered'],
      ['link d ann', 'identify'],
      ['u2', 'Seen'],
      ['i3', 'identify'],
    ]);
    expect(events[0]).toMatchObject({
      userId: 'ann',
      anonymousId: 'd',
      timestamp: '2024-03-10T12:00:00.123000Z',
      properties: { sku: 'a', revenue: 5 },
      context: { app: { version: '1.2' }, location: { city: 'Berlin' } },
    });
    expect(events[3]?.properties).toEqual({ plan: 'free' });
  });
});

describe('--from posthog', () => {
  const properties = {
    $current_url: 'https://a.example/x',
    $session_id: 's',
    $device_id: 'd',
    $set: { plan: 'pro' },
    price: 5,
  };

  it('reads a batch export, as JSON lines and as CSV', async () => {
    const row = {
      uuid: 'p1',
      event: 'ordered',
      distinct_id: 'ann',
      timestamp: '2024-03-10 12:00:00.000000',
      properties: JSON.stringify({ ...properties, $user_id: 'ann', $set: undefined }),
    };
    const identify = {
      uuid: 'p2',
      event: '$identify',
      distinct_id: 'ann',
      timestamp: '2024-03-10T12:00:01Z',
      properties: { $anon_distinct_id: 'd', $set: { plan: 'pro' } },
    };
    const { events, refused } = await importText('posthog', lines(row, identify), 'export.jsonl');
    expect(refused).toEqual([]);
    expect(events).toMatchObject([
      {
        id: 'p1',
        event: 'ordered',
        userId: 'ann',
        timestamp: '2024-03-10T12:00:00.000000Z',
        properties: { price: 5 },
        context: { sessionId: 's', page: { url: 'https://a.example/x' } },
      },
      { id: 'p2', type: 'identify', userId: 'ann', anonymousId: 'd', properties: { plan: 'pro' } },
    ]);
    const csv = await importText(
      'posthog',
      lines(
        'uuid,event,distinct_id,timestamp,properties',
        `p1,ordered,ann,2024-03-10T12:00:00Z,"${row.properties.replaceAll('"', '""')}"`,
      ),
      'export.csv',
    );
    expect(csv.events).toMatchObject([{ id: 'p1', event: 'ordered', userId: 'ann', properties: { price: 5 } }]);
  });
});
