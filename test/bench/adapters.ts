// Adapters: the CPU time of an event at the edge by protocol, from the bytes of its body to the record that a shard is sent,
// and its ratio to the native protocol's. Each body holds the same hundred page views, as the vendor's SDK writes them.

import { admit } from '../../src/edge/admit.ts';
import type { EventCall } from '../../src/edge/protocols/protocol.ts';
import { RequestHead } from '../../src/edge/request/head.ts';
import { StoredSize } from '../../src/edge/steps/stored-size.ts';
import { NOW_MS, SAMPLES, type Sample } from './adapter-samples.ts';
import { median } from './quantile.ts';
import type { Figure } from './report.ts';

/** The most that an adapter may cost, in times of the native protocol. */
const RATIO_MAX = 3;

export async function benchAdapters(isQuick: boolean): Promise<Figure[]> {
  const rounds = isQuick ? 5 : 25;
  const runs = SAMPLES.map(runOf);
  for (const run of runs) for (let i = 0; i < 50; i++) run();
  // The rounds alternate, so that all protocols meet the same machine.
  const timesUs = runs.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, run] of runs.entries()) timesUs[i]?.push(measure(run));
  }
  const medians = timesUs.map((times, i) => median(times) / eventsOf(SAMPLES[i]!));
  const [manyUs = 1, oneUs = 1] = medians;
  return SAMPLES.flatMap((sample, i): Figure[] => {
    const { name } = sample;
    const us = medians[i] as number;
    const cost = { name: `adapters, ${name}, an event`, value: us, unit: 'µs' };
    if (name.startsWith('native')) return [cost];
    const nativeUs = eventsOf(sample) === 1 ? oneUs : manyUs;
    const ratio = {
      name: `adapters, ${name}, to native`,
      value: us / nativeUs,
      unit: '×',
      bound: { atMost: RATIO_MAX },
    };
    return [cost, ratio];
  });
}

const REPEATS = 20;

/** Microseconds of CPU of one body: those of the clock would count busy neighbours too. */
function measure(run: () => void): number {
  const before = process.cpuUsage();
  for (let i = 0; i < REPEATS; i++) run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / REPEATS;
}

function eventsOf({ events = 100 }: Sample): number {
  return events;
}

/** Decodes the body of a sample and takes its events through the steps. */
function runOf(sample: Sample): () => void {
  const { protocol, path, body, contentType = 'application/json' } = sample;
  const call = protocol.calls.find((each): each is EventCall => 'decode' in each && each.paths.includes(path));
  if (call === undefined) throw new Error(`No call of ${protocol.source} takes ${path}`);
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const request = new Request(`https://events.example${path}`, { method: 'POST', body: '{}' });
  const head = new RequestHead(request);
  return () => {
    const batch = call.decode({ head, contentType, bytes });
    if (!batch.ok) throw new Error(batch.error.detail);
    const { events, rejected } = admit(batch.value, {
      arrival: { receivedAtMs: NOW_MS, sentAtMs: null },
      source: protocol.source,
      surroundings: { country: 'DE', region: null, city: null, userAgent: null, bot: null },
      newId: () => 'made',
      size: new StoredSize(),
      keepsParsed: true,
    });
    if (events.length < eventsOf(sample) || rejected.length > 0)
      throw new Error(`${path}: ${JSON.stringify(rejected[0])}`);
  };
}
