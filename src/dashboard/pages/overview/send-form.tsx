/**
 * Send form: the button that sends one event to the demo tenant and measures the time until a question counted it.
 *
 * The event is counted when the number of events of its name is higher than before; no other program sends the name.
 */
import { useRef, useState } from 'preact/hooks';
import type { DemoKeys } from '../../../wire/demo.ts';
import type { VerdictDocument } from '../../../wire/ingest.ts';
import { call } from '../../data/api.ts';
import { lastMinutes, readLiveNow } from '../../data/live.ts';
import type { Answer } from '../../data/questions.ts';
import { randomText } from '../../data/random-text.ts';
import { Button } from '../../parts/button.tsx';
import './send-form.css';

const EVENT = 'Button Pressed';
/** The very next answer has the event; more than one question is asked only if something is wrong. */
const ASKS_MAX = 50;

export default function SendForm({ keys }: { readonly keys: DemoKeys }) {
  const [isBusy, setBusy] = useState(false);
  const [words, setWords] = useState('');
  const press = useRef(0);
  const send = async () => {
    setBusy(true);
    setWords('Sending…');
    try {
      setWords(await sendAndCount(keys, ++press.current));
    } catch (error) {
      setWords(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
    readLiveNow();
  };
  return (
    <div class="send">
      <Button onClick={send} disabled={isBusy}>
        Send an event
      </Button>
      <output id="verdict" class="muted small">
        {words}
      </output>
    </div>
  );
}

async function sendAndCount({ read, write }: DemoKeys, press: number): Promise<string> {
  const { from, to } = lastMinutes(Date.now());
  const body = { measure: 'count', events: [EVENT], from, to, allowUnknown: true, bots: 'include' };
  const count = async () => (await call<Answer>('/v1/query', { key: read, body })).series[0]?.total ?? 0;
  const before = await count();
  const sentAt = performance.now();
  const event = { id: randomText(8), type: 'track', event: EVENT, anonymousId: pageId, properties: { press } };
  const verdict = await call<VerdictDocument>('/v1/events', { key: write, body: event });
  const ackedAt = performance.now();
  if (verdict.accepted === 0) throw new Error(verdict.errors[0]?.message ?? describeVerdict(verdict));
  const asks = await askUntil(count, before + verdict.accepted);
  const answers = asks === 1 ? 'the very next answer' : `answer ${asks}`;
  const [ackMs, countedMs] = [ackedAt - sentAt, performance.now() - ackedAt].map(formatMs);
  return `${describeVerdict(verdict)}. Acknowledged in ${ackMs}, counted ${countedMs} after that, in ${answers}.`;
}

/** Asks until the count is reached; resolves with the number of questions. */
async function askUntil(count: () => Promise<number>, wanted: number): Promise<number> {
  for (let asks = 1; asks <= ASKS_MAX; asks++) if ((await count()) >= wanted) return asks;
  throw new Error('The event was acknowledged, but the question does not count it.');
}

function describeVerdict({ received, accepted, duplicate, quarantined, rejected }: VerdictDocument): string {
  return `Received ${received}: accepted ${accepted}, duplicate ${duplicate}, quarantined ${quarantined}, rejected ${rejected}`;
}

function formatMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

const pageId = `page-${randomText(8)}`;
