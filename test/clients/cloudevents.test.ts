// The CloudEvents SDK, in its three modes.

import { CloudEvent, emitterFor, HTTP, httpTransport, Mode } from 'cloudevents';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const eventOf = (type: string, data: object = { revenue: 12.5 }) =>
  new CloudEvent({ type, source: '/shop', userid: 'ann', time: new Date(Date.now() - 60_000).toISOString(), data });

describe('cloudevents', () => {
  const headers = () => ({ headers: { authorization: `Bearer ${world.keys.server}` } });

  it.each([
    ['binary', Mode.BINARY],
    ['structured', Mode.STRUCTURED],
  ])('has an event counted as it was meant: %s', async (_name, mode) => {
    const emit = emitterFor(httpTransport(`${world.url}/v1/cloudevents`), { mode });
    const event = eventOf('com.example.ordered', { revenue: 12.5, note: 'Ł' });
    await emit(event, headers());
    await emit(event, headers());
    const [stored] = await world.eventsOf(1);
    expect(stored).toMatchObject({
      id: `/shop ${event.id}`,
      event: 'com.example.ordered',
      userId: 'ann',
      timestamp: event.time,
      properties: { revenue: 12.5, note: 'Ł' },
      columns: { source: 'cloudevents' },
    });
    expect(await world.total('count')).toBe(1);
  });

  it('has a batch counted', async () => {
    const events = ['a', 'b'].map((type) => HTTP.structured(eventOf(type)).body as string);
    const response = await fetch(`${world.url}/v1/cloudevents`, {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents-batch+json', ...headers().headers },
      body: `[${events.join(',')}]`,
    });
    expect(response.status).toBe(200);
    expect((await world.eventsOf(2)).map(({ event }) => event).sort()).toEqual(['a', 'b']);
  });
});
