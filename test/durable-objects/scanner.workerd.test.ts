import { env } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { funnel } from '../../src/core/journeys/funnel/funnel.ts';
import { SequenceBuilder } from '../../src/core/journeys/kit/sequence-builder.ts';
import { DAY_MS } from '../../src/core/limits.ts';
import { ALL_PEOPLE } from '../../src/core/people/high-range.ts';
import { rankSeries } from '../../src/core/query/fold/answer.ts';
import { RowFold } from '../../src/core/query/fold/row-fold.ts';
import { parseQuery } from '../../src/core/query/question/request.ts';
import type { Env } from '../../src/index.ts';
import type { ScannerRpc } from '../../src/lake/scan/scan-task.ts';
import { encodeSegment } from '../../src/lake/segment/segment-write.ts';
import { eventsOfDay, people } from '../bench/lake/lake-events.ts';

const { SCANNER, LAKE } = env as unknown as Env;
const HASH_KEY = [1, 2, 3, 4] as const;
const DAY = 20_000;

it('a scanner in the real runtime answers its share, and again from memory when the file is gone', async () => {
  const columns = eventsOfDay(DAY, 5_000, people(300));
  const encoded = encodeSegment(columns, { order: 'l1' });
  await LAKE.put('scanned.parquet', encoded.bytes);
  const scanner = SCANNER!.get(SCANNER!.idFromName('uid/0')) as unknown as ScannerRpc;
  const from = new Date(DAY * DAY_MS).toISOString();
  const to = new Date((DAY + 1) * DAY_MS).toISOString();
  const parsed = parseQuery({ measure: 'users', groupBy: ['plan'], from, to }, 'UTC');
  if (!parsed.ok) throw new Error(parsed.error.message);
  const query = parsed.value;
  const { startMs, endMs } = query;
  const steps = ['Product Viewed', 'Product Added'].map((event) => ({ event }));
  const question = funnel.parse({ from, to, steps, windowSeconds: 3_600 }, 'UTC');
  if (!question.ok) throw new Error(question.error.message);
  const segment = {
    path: 'scanned.parquet',
    sizeBytes: encoded.bytes.length,
    source: 'seal' as const,
    incarnation: 'x',
    seqFrom: 0,
    days: encoded.days,
    footer: encoded.footer,
  };
  for (let round = 0; round < 2; round++) {
    const reply = await scanner.scan({ hashKey: HASH_KEY, segments: [segment], query, startMs, endMs });
    if (reply.status !== 'ok') throw new Error(reply.status);
    const fold = new RowFold(query, HASH_KEY);
    fold.absorb(reply.found);
    const alone = new RowFold(query, HASH_KEY);
    alone.add(columns);
    expect(rankSeries(query, fold.finish())).toEqual(rankSeries(query, alone.finish()));
    const part = await scanner.follow({
      ...{ hashKey: HASH_KEY, segments: [segment], startMs, endMs },
      journey: { kind: 'funnel', question: question.value },
      people: ALL_PEOPLE,
      heldMax: 100_000,
    });
    if (part.status !== 'ok') throw new Error(part.status);
    const together = new SequenceBuilder(funnel.make(question.value).reader, { heldMax: 100_000 });
    together.absorb(part.found, null);
    const single = new SequenceBuilder(funnel.make(question.value).reader, { heldMax: 100_000 });
    single.add(columns);
    const [found, expected] = [together, single].map((builder) => {
      const { fold } = funnel.make(question.value);
      fold.add(builder.finish());
      return fold.finish();
    });
    expect(expected!.steps[0]!.people).toBeGreaterThan(100);
    expect(found).toEqual(expected);
    await LAKE.delete('scanned.parquet');
  }
});
