// Whatever protocol a browser key speaks, nothing that it sends links an id that is a user's to another one.

import { describe, expect, it } from 'vitest';
import { blockColumns, openBlock } from '../../src/core/block/block.ts';
import { findLinks } from '../../src/core/people/find-links.ts';
import { hashesOf } from '../../src/core/people/id-hashes.ts';
import { hashText } from '../../src/core/people/links.ts';
import { testHasher } from '../support/events.ts';
import { NOW_MS, testApp } from './support/app.ts';

const form = (data: unknown) => `data=${encodeURIComponent(btoa(JSON.stringify(data)))}`;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const mixpanel = (event: string, properties: object) => (token: string) =>
  form([{ event, properties: { token, $insert_id: 'e', time: NOW_MS / 1_000, ...properties } }]);
const posthog = (event: string, properties: object) => (api_key: string) => ({
  api_key,
  batch: [{ event, uuid: 'e', properties }],
});

type Attack = readonly [
  name: string,
  path: string,
  body: (key: string) => unknown,
  type: 'identify' | 'alias',
  headers?: Record<string, string>,
];

/** Each names `victim`, who is a user, so as to join them with the user `mallory`. */
const ATTACKS: readonly Attack[] = [
  ['identify', '/v1/identify', () => ({ id: 'e', userId: 'mallory', anonymousId: 'victim' }), 'identify'],
  ['alias', '/v1/alias', () => ({ id: 'e', userId: 'mallory', previousId: 'victim' }), 'alias'],
  [
    'alias of a device that is called so',
    '/v1/alias',
    () => ({ id: 'e', userId: 'mallory', anonymousId: 'victim', previousId: 'victim' }),
    'alias',
  ],
  [
    "PostHog's $identify",
    '/e/',
    posthog('$identify', { distinct_id: 'mallory', $anon_distinct_id: 'victim' }),
    'identify',
  ],
  ["PostHog's $create_alias", '/e/', posthog('$create_alias', { distinct_id: 'mallory', alias: 'victim' }), 'alias'],
  [
    "PostHog's $merge_dangerously",
    '/e/',
    posthog('$merge_dangerously', { distinct_id: 'mallory', alias: 'victim' }),
    'alias',
  ],
  [
    "Mixpanel's $identify",
    '/track',
    mixpanel('$identify', { distinct_id: 'mallory', $anon_distinct_id: 'victim' }),
    'identify',
    FORM,
  ],
  [
    "Mixpanel's $create_alias",
    '/track',
    mixpanel('$create_alias', { distinct_id: 'victim', alias: 'mallory' }),
    'alias',
    FORM,
  ],
  ["Mixpanel's $merge", '/track', mixpanel('$merge', { $distinct_ids: ['victim', 'mallory'] }), 'alias', FORM],
  [
    "Amplitude's $identify",
    '/2/httpapi',
    (api_key) => ({
      api_key,
      events: [{ event_type: '$identify', user_id: 'mallory', device_id: 'victim', insert_id: 'e', time: NOW_MS }],
    }),
    'identify',
  ],
  [
    "Snowplow's page view",
    '/com.snowplowanalytics.snowplow/tp2',
    () => ({
      schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4',
      data: [{ e: 'pv', p: 'web', tv: 'js', eid: 'e', duid: 'victim', uid: 'mallory', url: 'https://shop.example/' }],
    }),
    'identify',
  ],
  [
    "Matomo's page view",
    '/matomo.php',
    () => 'idsite=1&rec=1&uid=mallory&cid=victim&url=https%3A%2F%2Fshop.example%2F&rand=5',
    'identify',
    FORM,
  ],
  [
    "GA4's measurement",
    '/mp/collect',
    () => ({ client_id: 'victim', user_id: 'mallory', events: [{ name: 'x' }] }),
    'identify',
  ],
  [
    "OpenTelemetry's identify",
    '/v1/logs',
    () => ({
      resourceLogs: [
        {
          scopeLogs: [
            {
              logRecords: [
                {
                  eventName: 'identify',
                  attributes: [
                    text('tidemark.type', 'identify'),
                    text('user.id', 'mallory'),
                    text('enduser.pseudo.id', 'victim'),
                  ],
                },
              ],
            },
          ],
        },
      ],
    }),
    'identify',
  ],
  [
    "CloudEvents' identify",
    '/v1/cloudevents',
    () => ({
      specversion: '1.0',
      id: 'e',
      source: '/x',
      type: 'com.example.login',
      tmtype: 'identify',
      userid: 'mallory',
      anonymousid: 'victim',
    }),
    'identify',
    { 'content-type': 'application/cloudevents+json' },
  ],
  [
    "CloudEvents' alias",
    '/v1/cloudevents',
    () => ({
      specversion: '1.0',
      id: 'e',
      source: '/x',
      type: 'com.example.login',
      tmtype: 'alias',
      userid: 'mallory',
      previousid: 'victim',
    }),
    'alias',
    { 'content-type': 'application/cloudevents+json' },
  ],
];

describe('a browser key that names a user as a device or as a previous id', () => {
  const attacks = ATTACKS.map(([name, path, body, type, headers = {}]) => ({ name, path, body, type, headers }));

  it.each(attacks)('links no user, by $name', async ({ path, body, type, headers }) => {
    const { send, shards, key } = await testApp();
    const browserKey = await key('browser');
    const response = await send(body(browserKey), { path, key: browserKey, headers });
    expect(response.ok).toBe(true);
    expect(shards.rows('type').flat()).toContain(type);
    const links = shards.requests.flatMap(({ blocks }) =>
      blocks.flatMap((bytes) => findLinks(blockColumns(openBlock(bytes), null), testHasher)),
    );
    const [victim, device] = hashesOf(testHasher, 'victim').map(({ high, low }) => hashText(high, low));
    for (const { kind, from, to } of links) expect([kind, from, to === victim]).toEqual(['device', device, false]);
  });
});
