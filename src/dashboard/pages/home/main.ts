/**
 * Main: the page at `/`. It shows the live numbers of a local stack's demo tenant. Without one it takes a read key, shows
 * the tenant of that key, and says how to begin.
 *
 * The page shows answers of the public API, which it calls with the keys from `/demo.json` or with the key of the user.
 */
import type { Answer } from '../../../wire/query.ts';
import { ask, readDemoKeys, readLatest } from '../../data/api.ts';
import { lastMinutes, valuesOf } from '../../data/minutes.ts';
import { createChart } from '../../parts/chart.ts';
import { element, formatCount } from '../../parts/dom.ts';
import { attachKeyForm, type Reader, readKept } from '../../parts/key-form.ts';
import { createLatest } from '../../parts/latest.ts';
import { startPoll } from '../../parts/poll.ts';
import { attachSend } from '../../parts/send.ts';
import { askSnippet, attachCopy, createSnippet, sendSnippet } from '../../parts/snippets.ts';

const LATEST_COUNT = 20;

async function start(): Promise<void> {
  const keys = await readDemoKeys();
  if (keys !== null) return showLive(keys, keys.write);
  attachKeyForm(showTenant);
  const reader = await readKept();
  if (reader === null) showWelcome();
  else showTenant(reader);
}

/** Shows the tenant of a read key, with which the page cannot send. */
function showTenant(reader: Reader): void {
  element('welcome').hidden = true;
  element('state').hidden = false;
  element('forget-key').hidden = false;
  element('send-by-button').hidden = true;
  element('latency-total').hidden = true;
  showLive(reader, null);
}

function showWelcome(): void {
  const { origin } = location;
  element('create-tenant').textContent = createSnippet(origin);
  element('send-first').textContent = sendSnippet(origin, '$WRITE_KEY');
  element('ask-first').textContent = askSnippet(origin, '$READ_KEY');
  element('welcome').hidden = false;
  element('state').hidden = true;
}

/** `writeKey` is null when the page has none, and then has no button that sends. */
function showLive({ tenant, read }: Reader, writeKey: string | null): void {
  element('tenant').textContent = tenant;
  element('shown-tenant').textContent = tenant;
  element('snippet').textContent = sendSnippet(location.origin, writeKey ?? '$WRITE_KEY');
  element('live').hidden = false;
  attachCopy(element('copy') as HTMLButtonElement, element('snippet'));

  const chart = createChart();
  const latest = createLatest();
  const refresh = async () => {
    const minutes = lastMinutes(Date.now());
    const { from, to } = minutes;
    const [[counts, people], events] = await Promise.all([
      ask(read, [
        { measure: 'count', interval: 'minute', timezone: 'UTC', from, to },
        { measure: 'users', from, to },
      ]),
      readLatest(read, LATEST_COUNT),
    ]);
    const values = valuesOf(minutes, counts);
    chart.show(minutes.startsMs, values);
    latest.show(events);
    element('events-total').textContent = formatCount(totalOf(counts));
    element('people-total').textContent = formatCount(totalOf(people));
    element('minute-total').textContent = formatCount(values.at(-1) ?? 0);
    showProblem(describeGap(counts));
  };

  const poll = startPoll(refresh, (state, error) => {
    showState(state);
    if (error) showProblem(`${error.message} The page tries again.`);
  });
  if (writeKey !== null) attachSend({ tenant, read, write: writeKey }, poll.now);
}

function totalOf(answer: Answer | undefined): number {
  return answer?.series[0]?.total ?? 0;
}

/** A warning when an answer lacks shards; empty when all of them answered. */
function describeGap(answer: Answer | undefined): string {
  const live = answer?.meta.sources.live;
  if (live === undefined || live.answered === live.shards) return '';
  return `Only ${live.answered} of ${live.shards} shards answered, so some events are not shown.`;
}

function showProblem(text: string): void {
  const problem = element('problem');
  if (problem.textContent !== text) problem.textContent = text;
  problem.hidden = text === '';
}

function showState(state: 'live' | 'paused' | 'failing'): void {
  const shown = element('state');
  if (shown.dataset.state === state) return;
  shown.dataset.state = state;
  shown.textContent = state;
}

start().catch((error: Error) => {
  showState('failing');
  showProblem(`${error.message} Reload the page to try again.`);
});
