// Beacon: a vendor made up for tests, as unlike our protocol as possible: a pixel with everything in its URL, a form
// that holds base64, a key in the query or in the form, names of its own, refusals and answers of its own, a call for
// its settings.

import { err, ok, type Result } from '../../../src/core/std/result.ts';
import { FORM_TYPE, unpackBase64 } from '../../../src/edge/protocols/kit/packed.ts';
import {
  type EventCall,
  type EventMapping,
  type Protocol,
  type ProtocolAnswer,
  type ReplyCall,
  UnreadableEvent,
  type WireBatch,
} from '../../../src/edge/protocols/protocol.ts';
import type { Refusal } from '../../../src/edge/request/refusal.ts';
import type { Problem } from '../../../src/http/problem.ts';

/** The vendor's event: `{uid, what, who, at (seconds), data}`. */
type BeaconEvent = { readonly [field: string]: unknown };

const OUR_NAME_OF = { uid: 'id', what: 'event', who: 'userId', at: 'timestamp', data: 'properties' } as const;

const mapping: EventMapping = {
  toWireEvent(sent) {
    if (typeof sent !== 'object' || sent === null) return sent;
    const event: Record<string, unknown> = {};
    for (const [name, ours] of Object.entries(OUR_NAME_OF)) event[ours] = (sent as BeaconEvent)[name];
    if (typeof event.timestamp === 'number') event.timestamp *= 1_000;
    return event;
  },
  pathOf(pointer) {
    const [, first = '', ...rest] = pointer.split('/');
    const name = Object.entries(OUR_NAME_OF).find(([, ours]) => ours === first)?.[0] ?? first;
    return pointer === '' ? '' : ['', name, ...rest].join('/');
  },
};

const GIF = Uint8Array.from(atob('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'), (char) =>
  char.charCodeAt(0),
);
const GIF_HEADERS = { 'content-type': 'image/gif', 'cache-control': 'no-store' };
const TEXT_HEADERS = { 'content-type': 'text/plain' };

function parseBase64(text: string): unknown {
  try {
    return JSON.parse(unpackBase64(text) ?? '');
  } catch {
    return undefined;
  }
}

const pixel: EventCall = {
  methods: ['GET'],
  paths: ['/beacon/p.gif'],
  summary: 'Beacon: one event in the URL of a pixel',
  answerSchema: 'image/gif',
  keyOf: ({ query }) => query.get('k'),
  keyIsInUrl: () => true,
  decode({ head: { query } }): Result<WireBatch, Refusal> {
    const data = query.get('data');
    const parsed = data === null ? {} : parseBase64(data);
    const bad = new UnreadableEvent({ code: 'json-invalid', path: '/data', message: '`data` is no base64 of JSON.' });
    const event = { uid: query.get('uid'), what: query.get('what'), who: query.get('who'), data: parsed };
    return ok({ events: [parsed === undefined ? bad : event], mapping });
  },
  answer: (): ProtocolAnswer => ({ status: 200, headers: GIF_HEADERS, body: GIF }),
  refuse: refuseInBeaconForm,
};

const form: EventCall = {
  methods: ['POST'],
  paths: ['/beacon/batch', '/beacon/batch/'],
  summary: 'Beacon: events in a form',
  body: { types: [FORM_TYPE], sniffsGzip: true },
  answerSchema: 'text/plain',
  cors: { requestHeaders: ['x-beacon-session'], credentials: true },
  keyOf: () => null,
  decode({ bytes }): Result<WireBatch, Refusal> {
    const fields = new URLSearchParams(new TextDecoder().decode(bytes));
    const events = parseBase64(fields.get('events') ?? '');
    if (!Array.isArray(events)) return err({ code: 'batch-invalid', detail: '`events` is base64 of a JSON array.' });
    return ok({ events, mapping, key: fields.get('token') ?? undefined, source: 'beacon-form' });
  },
  answer: ({ verdict, receivedAtMs }) => ({
    status: 202,
    headers: { ...TEXT_HEADERS, 'x-beacon-at': String(receivedAtMs) },
    body: String(verdict.accepted),
  }),
  refuse: refuseInBeaconForm,
};

const settings: ReplyCall = {
  methods: ['GET'],
  paths: ['/beacon/:key/settings.js'],
  summary: 'Beacon: settings of a site',
  answerSchema: 'application/javascript',
  needsKey: true,
  keyOf: ({ params }) => params.key ?? null,
  keyIsInUrl: () => true,
  reply: ({ head }) => {
    const text = `beacon(${JSON.stringify({ url: new URL('/beacon', head.url).href })})`;
    return ok({ answer: { status: 200, headers: { 'content-type': 'application/javascript' }, body: text } });
  },
  refuse: refuseInBeaconForm,
};

const ping: ReplyCall = {
  methods: ['POST'],
  paths: ['/beacon/ping'],
  summary: 'Beacon: echoes a short text',
  body: { types: ['text/plain'], isOptional: true },
  answerSchema: 'text/plain',
  needsKey: false,
  reply: ({ bytes }) => ok({ answer: { status: 200, headers: TEXT_HEADERS, body: `pong ${bytes.byteLength}` } }),
};

function refuseInBeaconForm({ status, code }: Problem): ProtocolAnswer {
  return { status, headers: TEXT_HEADERS, body: `no: ${code}` };
}

export const beaconProtocol: Protocol = { source: 'beacon', calls: [pixel, form, settings, ping] };
