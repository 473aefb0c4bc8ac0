// The lake as the transactional sink, over fake R2 and D1.

import { describe } from 'vitest';
import { lakeSink } from '../../src/sinks/lake-sink.ts';
import { FakeBucket } from '../support/fake-bucket.ts';
import { fakeD1 } from '../support/fake-d1.ts';
import { START_MS } from '../support/fake-services.ts';
import { sinkContract } from './sink-contract.ts';

const TABLES = ['flushes', 'parts', 'segments', 'segment_days', 'links'];

describe('the lake sink', () => {
  sinkContract(() => {
    const { db, fake } = fakeD1();
    const bucket = new FakeBucket();
    let calls = 0;
    let failing: number | null = null;
    const count = () => {
      if (++calls === failing) throw new Error('lost');
    };
    fake.hook = ({ phase }) => {
      if (phase === 'before') count();
    };
    bucket.before = count;
    return {
      sink: lakeSink({ db, lake: bucket.binding, now: () => START_MS }),
      contents: () => [bucket.keys(), ...TABLES.map((table) => fake.select(`SELECT * FROM ${table}`, []))],
      calls: () => calls,
      failAt: (call) => {
        failing = call;
      },
    };
  });
});
