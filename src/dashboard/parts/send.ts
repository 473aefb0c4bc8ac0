/**
 * Send: the button that sends one event and measures the time until the query counted it.
 *
 * The event is counted when the number of events of this name is higher than before; no other program sends the name.
 */
import type { QueryBody } from '../../core/query/question/request.ts';
import type { DemoKeys } from '../../wire/demo.ts';
import type { VerdictDocument } from '../../wire/ingest.ts';
import { ask, CallError, send } from '../data/api.ts';
import { lastMinutes } from '../data/minutes.ts';
import { element, formatMs } from './dom.ts';

const EVENT = 'Button Pressed';
/** The very next answer has the event; more than one question is asked only if something is wrong. */
const ASKS_MAX = 50;

/** Connects the button. `onCounted` is called when an answer has counted the event. */
export function attachSend({ read, write }: DemoKeys, onCounted: () => void): void {
  const button = element('send') as HTMLButtonElement;
  const shown = element('verdict');
  const anonymousId = `page-${randomText()}`;
  let press = 0;

  button.addEventListener('click', async () => {
    button.disabled = true;
    shown.removeAttribute('data-failed');
    shown.textContent = 'Sending …';
    try {
      const question: QueryBody = { measure: 'count', events: [EVENT], ...rangeNow() };
      const count = async () => (await ask(read, [question]))[0]?.series[0]?.total ?? 0;
      const before = await count();
      const sentAt = performance.now();
      const event = { id: randomText(), type: 'track', event: EVENT, anonymousId, properties: { press: ++press } };
      const verdict = await send(write, event);
      const ackedAt = performance.now();
      if (verdict.accepted === 0) throw new CallError(200, verdict.errors[0]?.message ?? describeVerdict(verdict));
      const asks = await askUntil(count, before + verdict.accepted);
      const countedMs = performance.now() - ackedAt;
      element('latency').textContent = formatMs(countedMs);
      const answers = asks === 1 ? 'the very next answer' : `answer ${asks}`;
      shown.textContent =
        `${describeVerdict(verdict)}.\n` +
        `Acknowledged in ${formatMs(ackedAt - sentAt)}, counted ${formatMs(countedMs)} after that, in ${answers}.`;
      onCounted();
    } catch (error) {
      shown.dataset.failed = '';
      shown.textContent = error instanceof Error ? error.message : String(error);
    } finally {
      button.disabled = false;
    }
  });
}

function rangeNow() {
  const { from, to } = lastMinutes(Date.now());
  return { from, to };
}

/** Asks until the count is reached; resolves with the number of questions. */
async function askUntil(count: () => Promise<number>, wanted: number): Promise<number> {
  for (let asks = 1; asks <= ASKS_MAX; asks++) if ((await count()) >= wanted) return asks;
  throw new Error('The event was acknowledged, but the query does not count it.');
}

function describeVerdict({ received, accepted, duplicate, quarantined, rejected }: VerdictDocument): string {
  return `Received ${received}: accepted ${accepted}, duplicate ${duplicate}, quarantined ${quarantined}, rejected ${rejected}`;
}

/** A random text. `crypto.randomUUID` is absent when the page comes by plain HTTP from another machine. */
function randomText(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
