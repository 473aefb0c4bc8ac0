// Malformed events: a table of them for each vendor, each sent between two good ones. None fails the request, none spoils its
// neighbours, each has its reason, and the accounts add up.

import { describe, expect, it } from 'vitest';
import type { EventRejectionCode } from '../../../src/core/event/rejection.ts';
import type { Protocol } from '../../../src/edge/protocols/protocol.ts';
import type { VerdictDocument } from '../../../src/wire/ingest.ts';
import { testApp, testTenant } from '../support/app.ts';
import type { SendFixture } from './contract.ts';

/** The outcome of a malformed event: the code of its rejection, or that it is taken all the same. */
export type Malformed = readonly [name: string, event: unknown, outcome: EventRejectionCode | 'taken'];

interface MalformedFixture {
  readonly protocol: Protocol;
  /** A call that takes several events. */
  readonly send: SendFixture;
  readonly forms: readonly Malformed[];
}

/** The fewest forms of a vendor. */
const FORMS_MIN = 20;

export function describeMalformed(name: string, { protocol, send, forms }: MalformedFixture): void {
  describe(`${name}: malformed events`, () => {
    it('are many kinds', () => {
      expect(forms.length).toBeGreaterThanOrEqual(FORMS_MIN);
      expect(new Set(forms.map(([form]) => form)).size).toBe(forms.length);
    });

    it.each(forms)('%s', async (_form, event, outcome) => {
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
      const { app, shards, key } = await testApp(testTenant(), [{ ...protocol, calls }]);
      const writeKey = await key(send.keyIsInUrl === true ? 'browser' : 'write');
      const response = await app.fetch(
        send.request([send.event('good-0'), event as object, send.event('good-1')], writeKey),
      );
      expect([response.status < 500, await send.isTaken(response)]).toEqual([true, true]);
      const verdict = verdicts[0]!;
      const { received, accepted, duplicate, quarantined, rejected, errors } = verdict;
      expect(accepted + duplicate + quarantined + rejected).toBe(received);
      expect(received).toBeGreaterThanOrEqual(3);
      expect(shards.rows('id').flat()).toEqual(expect.arrayContaining(['good-0', 'good-1']));
      if (outcome === 'taken') expect(errors).toEqual([]);
      else {
        expect(errors.map(({ index, code }) => [index, code])).toEqual([[1, outcome]]);
        expect(errors[0]?.message).toMatch(/\w/);
      }
    });
  });
}

/** A value nested deeper than an event may be. */
export const DEEP = JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) as unknown;
/** A value of which `String` and a template make no text: they throw. */
export const NO_TEXT = { toString: 1 };
/** More keys than an event may have. */
export const MANY_KEYS = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i]));
/** A text longer than a whole event may be. */
export const HUGE = 'x'.repeat(40_000);
