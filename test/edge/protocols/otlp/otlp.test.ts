import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { otlpProtocol } from '../../../../src/edge/protocols/otlp/otlp.ts';
import { readMessage } from '../../../../src/edge/protocols/otlp/protobuf.ts';
import { NOW_MS, testApp, testTenant } from '../../support/app.ts';
import { describeProtocol, requestTo, type SendFixture } from '../contract.ts';
import { NO_TEXT } from '../malformed.ts';
import { bytesOf, describeMalformedForms } from '../malformed-forms.ts';
import { LOGS_PROTO } from './logs-proto.ts';

const root = protobuf.parse(LOGS_PROTO, { keepCase: false }).root;
const ExportLogs = root.lookupType('ExportLogsServiceRequest');
const ExportResponse = root.lookupType('ExportLogsServiceResponse');
const Status = root.lookupType('Status');

const PATH = '/v1/logs';
const bearer = (key: string | null) => (key === null ? undefined : `Bearer ${key}`);
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const RESOURCE = { attributes: [text('service.name', 'checkout')] };
const wrap = (logRecords: readonly object[]) => ({
  resourceLogs: [{ resource: RESOURCE, scopeLogs: [{ scope: { name: 'lib', version: '1' }, logRecords }] }],
});

const json: SendFixture = {
  name: 'JSON',
  event: (id) => ({
    timeUnixNano: `${NOW_MS - 1_000}000000`,
    eventName: 'bought',
    attributes: [text('log.record.uid', id), text('user.id', 'u')],
  }),
  badEvent: (id) => ({
    event: { timeUnixNano: 'soon', eventName: 'bought', attributes: [text('log.record.uid', id)] },
    blamed: 'soon',
  }),
  eventsMax: 100,
  request: (events, key) =>
    requestTo(PATH, JSON.stringify(wrap(events)), { 'content-type': 'application/json', authorization: bearer(key) }),
  malformed: (content, key) =>
    requestTo(PATH, content, { 'content-type': 'application/json', authorization: bearer(key) }),
  isTaken: async (response) => {
    const { partialSuccess } = (await response.json()) as { partialSuccess?: { rejectedLogRecords: string } };
    return response.status === 200 && (partialSuccess === undefined || Number(partialSuccess.rejectedLogRecords) > 0);
  },
};

const packed = (events: readonly object[]) =>
  Uint8Array.from(ExportLogs.encode(ExportLogs.fromObject(wrap(events))).finish());
const PROTOBUF = 'application/x-protobuf';

const binary: SendFixture = {
  ...json,
  name: 'protocol buffers',
  badEvent: (id) => ({
    event: { timeUnixNano: '7', eventName: 'bought', attributes: [text('log.record.uid', id)] },
    blamed: '7',
  }),
  request: (events, key) => requestTo(PATH, packed(events), { 'content-type': PROTOBUF, authorization: bearer(key) }),
  malformed: (content, key) => requestTo(PATH, content, { 'content-type': PROTOBUF, authorization: bearer(key) }),
  isTaken: async (response) => {
    const bytes = new Uint8Array(await response.arrayBuffer());
    const { partialSuccess } = ExportResponse.toObject(ExportResponse.decode(bytes), { longs: Number });
    return response.status === 200 && (bytes.length === 0 || partialSuccess.rejectedLogRecords > 0);
  },
};

async function refusalCode(response: Response): Promise<string> {
  const isPacked = response.headers.get('content-type') === PROTOBUF;
  const bytes = new Uint8Array(await response.arrayBuffer());
  const status = isPacked ? Status.toObject(Status.decode(bytes)) : JSON.parse(new TextDecoder().decode(bytes));
  return String(status.message).split(':')[0]!;
}

describeProtocol('OTLP', { protocol: otlpProtocol, refusalCode, sends: [json, binary] });

describe("OpenTelemetry's logs", () => {
  async function start() {
    const { app, key, shards } = await testApp(testTenant(), [otlpProtocol]);
    const writeKey = await key('write');
    return { send: (make: (key: string) => Request) => app.fetch(make(writeKey)), shards };
  }

  // https://github.com/open-telemetry/opentelemetry-proto/blob/main/examples/logs.json
  const example = {
    resourceLogs: [
      {
        resource: { attributes: [text('service.name', 'my.service')] },
        scopeLogs: [
          {
            scope: {
              name: 'my.library',
              version: '1.0.0',
              attributes: [text('my.scope.attribute', 'some scope attribute')],
            },
            logRecords: [
              {
                timeUnixNano: '1544712660300000000',
                observedTimeUnixNano: '1544712660300000000',
                severityNumber: 10,
                severityText: 'Information',
                traceId: '5b8efff798038103d269b633813fc60c',
                spanId: 'eee19b7ec3c1b174',
                body: { stringValue: 'Example log record' },
                attributes: [
                  text('string.attribute', 'some string'),
                  { key: 'boolean.attribute', value: { boolValue: true } },
                  { key: 'int.attribute', value: { intValue: '10' } },
                  { key: 'double.attribute', value: { doubleValue: 637.704 } },
                  {
                    key: 'array.attribute',
                    value: { arrayValue: { values: [{ stringValue: 'many' }, { stringValue: 'values' }] } },
                  },
                  { key: 'map.attribute', value: { kvlistValue: { values: [text('some.map.key', 'some value')] } } },
                ],
              },
            ],
          },
        ],
      },
    ],
  };
  const properties = {
    'string.attribute': 'some string',
    'boolean.attribute': true,
    'int.attribute': 10,
    'double.attribute': 637.704,
    'array.attribute': ['many', 'values'],
    'map.attribute': { 'some.map.key': 'some value' },
    body: 'Example log record',
    severity: 'Information',
    severity_number: 10,
    trace_id: '5b8efff798038103d269b633813fc60c',
    span_id: 'eee19b7ec3c1b174',
  };

  it("are taken as the protocol's example writes them, in both forms", async () => {
    for (const form of ['json', 'protobuf']) {
      const { send, shards } = await start();
      const hex = (value: string) => Buffer.from(value, 'hex').toString('base64');
      const message = structuredClone(example);
      const [record] = message.resourceLogs[0]!.scopeLogs[0]!.logRecords;
      Object.assign(record!, { traceId: hex(record!.traceId), spanId: hex(record!.spanId) });
      const body =
        form === 'json'
          ? JSON.stringify(example)
          : Uint8Array.from(ExportLogs.encode(ExportLogs.fromObject(message)).finish());
      const type = form === 'json' ? 'application/json' : PROTOBUF;
      const response = await send((key) => requestTo(PATH, body, { 'content-type': type, authorization: bearer(key) }));
      expect(response.status).toBe(200);
      expect(shards.rows('event', 'user_id', 'source')).toEqual([['log', null, 'otlp']]);
      expect(JSON.parse(shards.rows('properties')[0]![0]!)).toEqual(properties);
      expect(JSON.parse(shards.rows('context')[0]![0]!)).toEqual({
        app: { name: 'my.service' },
        resource: { 'service.name': 'my.service' },
        scope: 'my.library',
      });
    }
  });

  it('say people, sessions, pages and places by the semantic conventions', async () => {
    const { send, shards } = await start();
    const record = {
      eventName: 'app.purchase',
      timeUnixNano: `${NOW_MS}000000`,
      attributes: [
        text('enduser.id', 'ann'),
        text('enduser.pseudo.id', 'd-1'),
        text('session.id', 's-1'),
        text('url.full', 'https://a.example/x?utm_source=news'),
        text('geo.country.iso_code', 'DE'),
        text('tidemark.group.id', 'acme'),
        text('client.address', '203.0.113.7'),
        { key: 'price', value: { doubleValue: 2.5 } },
      ],
    };
    const identify = {
      timeUnixNano: `${NOW_MS}000000`,
      attributes: [text('tidemark.type', 'identify'), text('user.id', 'ann'), text('plan', 'pro')],
      eventName: 'identify',
    };
    await send((key) => json.request([record, identify], key));
    expect(
      shards.rows(
        'type',
        'event',
        'user_id',
        'anonymous_id',
        'session_id',
        'group_id',
        'path',
        'utm_source',
        'country',
        'properties',
      ),
    ).toEqual([
      ['track', 'app.purchase', 'ann', 'd-1', 's-1', 'acme', '/x', 'news', 'DE', '{"price":2.5}'],
      ['identify', 'identify', 'ann', null, null, null, null, null, null, '{"plan":"pro"}'],
    ]);
    expect(JSON.stringify(shards.rows('context'))).not.toContain('203.0.113.7');
  });

  it('without an id are told when an exporter sends them again', async () => {
    const { send, shards } = await start();
    const record = { eventName: 'x', timeUnixNano: `${NOW_MS}000001` };
    await send((key) => binary.request([record, record], key));
    await send((key) => binary.request([record, record], key));
    await send((key) => binary.request([record], key));
    const ids = shards.rows('id').flat();
    expect(ids).toHaveLength(5);
    expect(new Set(ids).size).toBe(3);
  });

  it('that are refused are counted in the answer', async () => {
    const { send } = await start();
    const response = await send((key) => json.request([json.event('1'), json.badEvent('2').event], key));
    expect(await response.json()).toEqual({
      partialSuccess: {
        rejectedLogRecords: '1',
        errorMessage: expect.stringContaining('1 refused; timestamp-invalid at /timeUnixNano'),
      },
    });
  });

  it('of a resource larger than an event are refused, and not those of others', async () => {
    const { send, shards } = await start();
    const large = Array.from({ length: 300 }, (_, i) => ({ key: `k${i}`, value: { doubleValue: 1e300 } }));
    const resourceLogs = [large, [text('a', 'x'.repeat(40_000))], RESOURCE.attributes].map((attributes) => ({
      resource: { attributes },
      scopeLogs: [{ logRecords: [{ eventName: 'x' }] }],
    }));
    const response = await send((key) => json.malformed(bytesOf(JSON.stringify({ resourceLogs })), key));
    expect(await response.json()).toEqual({
      partialSuccess: {
        rejectedLogRecords: '2',
        errorMessage: expect.stringMatching(/^2 refused; event-too-large at : What several events share/),
      },
    });
    expect(shards.rows('event')).toEqual([['x']]);
  });

  it('may be as many as the events of a request, over all scopes', async () => {
    const { send, shards } = await start();
    const scopeLogs = [2_000, 501].map((count) => ({ logRecords: Array.from({ length: count }, () => ({})) }));
    const body = bytesOf(JSON.stringify({ resourceLogs: [{ scopeLogs }] }));
    const response = await send((key) => json.malformed(body, key));
    expect([response.status, await refusalCode(response)]).toEqual([413, 'too-many-events']);
    expect(shards.requests).toEqual([]);
  });

  it('that are nothing but beginnings cost no more than others: the rest of a list that is too long is passed over', () => {
    const many = (count: number) => Uint8Array.from({ length: 2 * count }, (_, at) => (at % 2 === 0 ? 0x12 : 0));
    const { logRecords } = readMessage(many(2_000_000), { 2: { name: 'logRecords', kind: 'raw', isList: true } });
    expect(logRecords).toHaveLength(20_000);
    expect(() => readMessage(many(20_001).subarray(0, -1), { 2: { name: 'l', kind: 'raw', isList: true } })).toThrow(
      'cut short',
    );
  });

  it('of which one is broken keep the others', async () => {
    const { send, shards } = await start();
    // resourceLogs { scopeLogs { logRecords: eventName "a"; logRecords: half of a field; logRecords: eventName "b" } }
    const good = (name: string) => [0x12, 3, 0x62, 1, name.charCodeAt(0)];
    const scope = [...good('a'), 0x12, 2, 0x62, 9, ...good('b')];
    const body = Uint8Array.from([0x0a, scope.length + 2, 0x12, scope.length, ...scope]);
    const response = await send((key) => binary.malformed(body, key));
    expect(await binary.isTaken(response)).toBe(true);
    expect(shards.rows('event')).toEqual([['a'], ['b']]);
  });
});

const record = (parts: object) => ({ eventName: 'x', ...parts });
const attributes = (list: unknown) => record({ attributes: list });

describeMalformedForms('OTLP', {
  protocol: otlpProtocol,
  send: json,
  refusalCode,
  events: [
    ['no record', null, 'event-not-object', ''],
    ['a text', 'x', 'event-not-object', ''],
    ['a list', [], 'event-not-object', ''],
    ['attributes that are an object', attributes({ a: 1 }), 'properties-invalid', '/attributes'],
    ['attributes without keys', attributes([{ value: { stringValue: 'x' } }]), 'properties-invalid', '/attributes'],
    ['attributes that are texts', attributes(['a']), 'properties-invalid', '/attributes'],
    ['a time in words', record({ timeUnixNano: 'soon' }), 'timestamp-invalid', '/timeUnixNano'],
    ['a time of nothing', record({ timeUnixNano: '7' }), 'timestamp-invalid', '/timeUnixNano'],
    ['a time without a text form', record({ timeUnixNano: NO_TEXT }), 'timestamp-invalid', '/timeUnixNano'],
    ['a time before 1990', record({ timeUnixNano: '1000000000000' }), 'timestamp-out-of-range', '/timeUnixNano'],
    ['a name that is an object', { eventName: {} }, 'name-invalid', '/eventName'],
    ['a long name', { eventName: 'n'.repeat(201) }, 'name-too-long', '/eventName'],
    [
      'a name of a number',
      { attributes: [{ key: 'event.name', value: { intValue: '5' } }] },
      'name-invalid',
      '/attributes/0/value',
    ],
    [
      'a person that is a list',
      attributes([{ key: 'user.id', value: { arrayValue: { values: [] } } }]),
      'person-id-invalid',
      '/attributes/0/value',
    ],
    [
      'a long session',
      attributes([text('a', 'x'), text('user.id', 'u'.repeat(300))]),
      'person-id-invalid',
      '/attributes/1/value',
    ],
    ['an unknown kind', attributes([text('tidemark.type', 'purchase')]), 'type-unknown', '/attributes/0/value'],
    ['a large body', record({ body: { stringValue: 'x'.repeat(40_000) } }), 'event-too-large'],
    [
      'too many attributes',
      attributes(Array.from({ length: 300 }, (_, i) => text(`k${i}`, 'v'))),
      'properties-too-many-keys',
    ],
    ['a value of nothing', attributes([{ key: 'a', value: {} }, { key: 'b' }]), null],
    ['an integer beyond 2^53', attributes([{ key: 'a', value: { intValue: '9223372036854775807' } }]), null],
    [
      'a key without a text form',
      attributes([{ key: 'a', value: { kvlistValue: { values: [{ key: NO_TEXT }] } } }]),
      null,
    ],
    ['an integer in words', attributes([{ key: 'a', value: { intValue: 'many' } }]), null],
    ['a list that is none', attributes([{ key: 'a', value: { arrayValue: { values: 5 } } }]), null],
    ['a key called __proto__', attributes([text('__proto__', 'x')]), null],
    ['a time of zero', record({ timeUnixNano: '0' }), null],
  ],
  bodies: [
    ['nothing', bytesOf(''), 'body-empty'],
    ['no JSON', bytesOf('{"resourceLogs":'), 'json-invalid'],
    ['a list', bytesOf('[]'), 'batch-invalid'],
    ['resources that are an object', bytesOf('{"resourceLogs":{}}'), 'batch-invalid'],
    ['scopes that are a text', bytesOf('{"resourceLogs":[{"scopeLogs":"x"}]}'), 'batch-invalid'],
    ['records that are an object', bytesOf('{"resourceLogs":[{"scopeLogs":[{"logRecords":{}}]}]}'), 'batch-invalid'],
    ['no UTF-8', Uint8Array.of(0xff), 'utf8-invalid'],
    ['an endless time', bytesOf('{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":1e999}]}]}]}'), 1],
    ['no records', bytesOf('{}'), 0],
  ],
});

describeMalformedForms('OTLP in protocol buffers', {
  protocol: otlpProtocol,
  send: binary,
  refusalCode,
  events: [
    ['a time of nothing', { eventName: 'x', timeUnixNano: '7' }, 'timestamp-invalid', '/timeUnixNano'],
    ['a long name', { eventName: 'n'.repeat(201) }, 'name-too-long', '/eventName'],
    ['a large body', { body: { stringValue: 'x'.repeat(40_000) } }, 'event-too-large'],
    ['an unknown kind', { attributes: [text('tidemark.type', 'purchase')] }, 'type-unknown', '/attributes/0/value'],
    ['an empty record', {}, null],
  ],
  bodies: [
    ['nothing', bytesOf(''), 'body-empty'],
    ['JSON', bytesOf('{"resourceLogs":[]}'), 'batch-invalid'],
    ['a field cut short', Uint8Array.of(0x0a, 200), 'batch-invalid'],
    ['a tag alone', Uint8Array.of(0x0a), 'batch-invalid'],
    ['an endless number', new Uint8Array(20).fill(0xff), 'batch-invalid'],
    ['a number in the place of a message', Uint8Array.of(0x08, 1), 'batch-invalid'],
    ['a type that there is not', Uint8Array.of(0x7f, 1), 'batch-invalid'],
    ['a text that is no UTF-8', Uint8Array.of(0x0a, 8, 0x0a, 6, 0x0a, 4, 0x0a, 2, 0xff, 0xfe), 'batch-invalid'],
    ['a size beyond all bounds', Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f), 'batch-invalid'],
    ['an unknown field', Uint8Array.of(0x78, 1), 0],
    ['unknown fields of every type', Uint8Array.of(0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7d, 1, 2, 3, 4, 0x7a, 1, 9), 0],
    ['a resource of nothing', Uint8Array.of(0x0a, 0), 0],
    ['a group of the past', Uint8Array.of(0x0b, 0x0c), 'batch-invalid'],
    ['a double cut short', Uint8Array.of(0x79, 1), 'batch-invalid'],
    ['nested values without an end', nested(), 'batch-invalid'],
  ],
});

/** An attribute of the resource whose value is a list of lists, forty levels deep. */
function nested(): Uint8Array<ArrayBuffer> {
  const field = (tag: number, bytes: readonly number[]) => [tag, bytes.length & 0x7f, ...bytes];
  let value: readonly number[] = field(0x0a, [0x78]);
  for (let depth = 0; depth < 25; depth++) value = field(0x2a, field(0x0a, value));
  return Uint8Array.from(field(0x0a, field(0x0a, field(0x0a, field(0x12, value)))));
}
