// OpenTelemetry's exporters of logs: as JSON, and as protocol buffers.

import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

describe.each([
  ['JSON', JsonExporter],
  ['protocol buffers', ProtobufExporter],
])('an exporter of logs, %s', (_form, Exporter) => {
  function logger(key = world.keys.server) {
    const exporter = new Exporter({ url: `${world.url}/v1/logs`, headers: { authorization: `Bearer ${key}` } });
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter } as never)] });
    return { logger: provider.getLogger('shop', '1.0.0'), provider };
  }

  it('has every record counted as it was meant', async () => {
    const { logger: log, provider } = logger();
    const timestamp = new Date(Date.now() - 60_000);
    log.emit({
      eventName: 'ordered',
      timestamp,
      severityText: 'INFO',
      attributes: {
        'user.id': 'ann',
        'session.id': 's-1',
        revenue: 12.5,
        count: 3,
        tags: ['a', 'b'],
        'url.full': 'https://shop.example/a?utm_source=ad',
      },
    });
    log.emit({ body: 'started', attributes: { 'service.part': 'api' } });
    await provider.forceFlush();
    const events = await world.eventsOf(2);
    expect(events.find(({ event }) => event === 'ordered')).toMatchObject({
      userId: 'ann',
      timestamp: timestamp.toISOString(),
      properties: { revenue: 12.5, count: 3, tags: ['a', 'b'], severity: 'INFO' },
      columns: { session_id: 's-1', path: '/a', utm_source: 'ad', source: 'otlp' },
      context: { scope: 'shop' },
    });
    expect(events.find(({ event }) => event === 'log')).toMatchObject({ properties: { body: 'started' } });
    await provider.shutdown();
  });

  it.each([429, 503])('sends again after %i, and what was stored already is not counted twice', async (status) => {
    world.gate.fail(/^\/v1\/logs/, { status }, { status, passesOn: true });
    const { logger: log, provider } = logger();
    log.emit({ eventName: 'ordered' });
    await world.seen(/^\/v1\/logs/, 3);
    await provider.forceFlush();
    await world.eventsOf(1);
    expect(await world.total('count')).toBe(1);
    await provider.shutdown();
  });
});
