// Malformed: tables of events that a vendor's client would not send. Each is sent between two good ones, which must be kept.

import { describe, expect, it } from 'vitest';
import type { EventRejectionCode } from '../../../src/core/event/rejection.ts';
import type { Protocol } from '../../../src/edge/protocols/protocol.ts';
import type { RefusalCode } from '../../../src/edge/request/refusal.ts';
import type { VerdictDocument } from '../../../src/wire/ingest.ts';
import { testApp, testTenant } from '../support/app.ts';
import type { SendFixture } from './contract.ts';

/** The event; the code of its rejection, or null when it is taken with its bad values mended; the place that is to blame. */
export type MalformedEvent = readonly [name: string, event: unknown, code: EventRejectionCode | null, path?: string];
/** The body, and the code of the refusal of the whole request; a number is that of the events that it is taken as. */
export type MalformedBody = readonly [name: string, body: Uint8Array<ArrayBuffer>, outcome: RefusalCode | number];

export interface MalformedForms {
  readonly protocol: Protocol;
  readonly send: SendFixture;
  readonly events: readonly MalformedEvent[];
  readonly bodies: readonly MalformedBody[];
  readonly refusalCode: (response: Response) => Promise<string>;
}

export const bytesOf = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(new TextEncoder().encode(text));

export function describeMalformedForms(
  name: string,
  { protocol, send, events, bodies, refusalCode }: MalformedForms,
): void {
  async function start() {
    const verdicts: VerdictDocument[] = [];
    const calls = protocol.calls.map((call) =>
      'decode' in call
        ? {
            ...call,
            answer: (taken: Parameters<typeof call.answer>[0]) => {
              verdicts.push(taken.verdict);
              return call.answer(taken);
            },
          }
        : call,
    );
    const app = await testApp(testTenant(), [{ ...protocol, calls }]);
    return { ...app, verdicts, writeKey: await app.key(send.keyIsInUrl ? 'browser' : 'write') };
  }

  describe(`${name}, malformed`, () => {
    it('has twenty forms or more', () => {
      expect(events.length + bodies.length).toBeGreaterThanOrEqual(20);
    });

    it.each(events)('an event: %s', async (_name, event, code, path) => {
      const { app, verdicts, writeKey } = await start();
      const sent = send.eventsMax === 1 ? [event] : [send.event('good-0'), event, send.event('good-1')];
      const response = await app.fetch(send.request(sent as object[], writeKey));
      expect(response.status).toBeLessThan(500);
      const [verdict] = verdicts;
      const { received, accepted, duplicate, quarantined, rejected, errors } = verdict!;
      expect(received).toBe(accepted + duplicate + quarantined + rejected);
      const found = errors.map((error) => [error.index, error.code, error.path]);
      expect(found).toEqual(code === null ? [] : [[sent.indexOf(event), code, path ?? expect.any(String)]]);
      expect(errors.every(({ message }) => message !== '')).toBe(true);
      // A form that is taken may tell a link beside it.
      expect(accepted).toBeGreaterThanOrEqual(sent.length - (code === null ? 0 : 1));
    });

    it.runIf(bodies.length > 0).each(bodies)('a body: %s', async (_name, body, outcome) => {
      const { app, verdicts, shards, writeKey } = await start();
      const response = await app.fetch(send.malformed(body, writeKey));
      expect(response.status).toBeLessThan(500);
      if (typeof outcome === 'number') return expect(verdicts.map(({ received }) => received)).toEqual([outcome]);
      expect([response.status >= 400, await refusalCode(response)]).toEqual([true, outcome]);
      expect([verdicts, shards.requests]).toEqual([[], []]);
    });
  });
}
