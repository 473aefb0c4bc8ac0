import { gzipSync } from 'node:zlib';
import { nativeProtocol } from '../../../src/edge/protocols/native.ts';
import { problemOf } from '../support/app.ts';
import { describeProtocol, requestTo, type SendFixture } from './contract.ts';

/** The innermost object is one level too deep for an event. */
const DEEP = { a: { a: { a: { a: { a: { a: {} } } } } } };

type Encode = (events: readonly object[]) => BodyInit;

function send(name: string, encode: Encode, headers: Readonly<Record<string, string>> = {}): SendFixture {
  const request = (body: BodyInit, key: string | null) =>
    requestTo('/v1/events', body, {
      'content-type': 'application/json',
      authorization: key === null ? undefined : `Bearer ${key}`,
      ...headers,
    });
  return {
    name,
    event: (id) => ({ id, event: 'Clicked', userId: 'u', properties: { n: 1 } }),
    badEvent: (id) => ({ event: { id, event: 'Clicked', properties: { 'a/b': [DEEP] } }, blamed: {} }),
    eventsMax: 100,
    request: (events, key) => request(encode(events), key),
    malformed: (content, key) => request(content, key),
    isTaken: async (response) => {
      const { received } = (await response.json()) as { received?: number };
      return response.status === 200 && received !== undefined;
    },
  };
}

describeProtocol('the native protocol', {
  protocol: nativeProtocol,
  refusalCode: async (response) => (await problemOf(response))[1],
  sends: [
    send('a batch', (events) => JSON.stringify({ batch: events })),
    send('a list, packed', (events) => gzipSync(JSON.stringify(events)), { 'content-encoding': 'gzip' }),
    send('lines', (events) => events.map((event) => JSON.stringify(event)).join('\n'), {
      'content-type': 'application/x-ndjson',
    }),
    {
      ...send('aliases', (events) => JSON.stringify(events)),
      event: (id) => ({ messageId: id, event: 'Clicked', userId: 'u', traits: { n: 1 } }),
      badEvent: (id) => ({
        event: { messageId: id, event: 'Clicked', traits: { 'a~b': { n: DEEP } } },
        blamed: {},
      }),
    },
  ],
});
