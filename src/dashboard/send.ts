/**
 * Send: the button that sends one event, and how long it took until the query counted it.
 *
 * Counted means: the count of this button's events is higher than before it was pressed. Nobody else sends that event name.
 */
import type { QueryBody } from '../core/query/question/request.ts';
import { ask, CallError, type Demo, send, type Verdict } from './api.ts';
import { element, formatMs } from './dom.ts';
import { lastMinutes } from './minutes.ts';

const EVENT = 'Button Pressed';
/** The very next answer must have it; this is for answers that fail. */
const ASKS_MAX = 50;

/** `onCounted`: the page may show it now. */
export function attachSend({ read, write }: Demo, onCounted: () => void): void {
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
      const asks = await until(count, before + verdict.accepted);
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

/** How often it asked until the count was reached. */
async function until(count: () => Promise<number>, wanted: number): Promise<number> {
  for (let asks = 1; asks <= ASKS_MAX; asks++) if ((await count()) >= wanted) return asks;
  throw new Error('The event was acknowledged, but the query does not count it.');
}

function describeVerdict({ received, accepted, duplicate, quarantined, rejected }: Verdict): string {
  return `Received ${received}: accepted ${accepted}, duplicate ${duplicate}, quarantined ${quarantined}, rejected ${rejected}`;
}

/** `crypto.randomUUID` is absent where the page comes by plain HTTP from another machine. */
function randomText(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
