// Attacks: what a stranger or a careless tenant does to its neighbours, each as requests of one tenant.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Hasher } from '../../../src/core/std/hash.ts';
import type { Keys } from '../stack.ts';
import type { FloodRequest, FloodStage } from './flood.ts';

const DAY_MS = 86_400_000;
const JSON_TYPE = 'application/json';

export interface AttackPlace {
  readonly keys: Keys;
  /** A folder for bodies. */
  readonly folder: string;
}

/** Each attack by name: its stages, one after the other. */
export type Attack = (place: AttackPlace) => FloodStage[];

/** Commands to seal 4,000 days each. */
export const sealCommands: Attack = ({ keys }) => {
  const command = { from: '2000-01-01', to: '2010-12-13' };
  return [{ requests: [post('/v1/seal', keys.admin, command)], clients: 1, repeats: true }];
};

/** History of 13,000 days, an event each: in one request, which is refused, then 500 days a request. */
export const manyDays: Attack = ({ keys, folder }) => [
  { requests: [importOf(keys, folder, 0, DAYS)], clients: 1, repeats: false },
  { requests: importChunks(keys, folder), clients: 1, repeats: true },
];

const DAYS = 13_000;
const CHUNK_DAYS = 500;

/** A history of 13,000 days, each with an event, as imports of 500 days. */
export function importChunks(keys: Keys, folder: string): FloodRequest[] {
  const chunks = Array.from({ length: DAYS / CHUNK_DAYS }, (_, index) => index * CHUNK_DAYS);
  return chunks.map((from) => importOf(keys, folder, from, from + CHUNK_DAYS));
}

const CRAFTED_COUNT = 200_000;
/** The product's tables once had slots by the low word of an unkeyed hash: these ids then lay side by side. */
const CRAFTED_MASK = 2 ** 19 - 1;
const CRAFTED_SHARE = 8;

/** Events of one user with crafted ids, questions about their day, and its seal. */
export const craftedIds: Attack = ({ keys, folder }) => {
  const hasher = new Hasher([0, 0, 0, 0]);
  const ids: string[] = [];
  for (let n = 0; ids.length < CRAFTED_COUNT; n++) {
    const id = `crafted-${n}`;
    hasher.hash(id);
    if ((hasher.low & CRAFTED_MASK) < CRAFTED_MASK / CRAFTED_SHARE) ids.push(id);
  }
  const perRequest = 2_500;
  const sends = Array.from({ length: CRAFTED_COUNT / perRequest }, (_, index) => {
    const events = ids
      .slice(index * perRequest, (index + 1) * perRequest)
      .map((id) => ({ event: 'E', userId: 'u', id, groupId: id }));
    const bodyFile = join(folder, `crafted-${index}`);
    writeFileSync(bodyFile, JSON.stringify(events));
    return { method: 'POST', path: '/v1/events', headers: headersOf(keys.write, JSON_TYPE), bodyFile } as const;
  });
  const questions = variants((from) => post('/v1/query', keys.read, { measure: 'groups', ...rangeFrom(from, 1) }));
  const seal = post('/v1/seal', keys.admin, { days: [new Date().toISOString().slice(0, 10)] });
  return [
    { requests: sends, clients: 2, repeats: false },
    { requests: [...questions.slice(0, 4), seal, ...questions.slice(4)], clients: 2, repeats: true },
  ];
};

/** Calls of 12 equal questions. */
export const equalQuestions: Attack = ({ keys }) => {
  const requests = variants((from) => {
    const question = {
      measure: { p99: 'value' },
      groupBy: ['properties.sku', 'properties.plan'],
      interval: 'hour',
      top: 50,
    };
    return post('/v1/query', keys.read, { queries: Array(12).fill({ ...question, ...rangeFrom(from, 14) }) });
  });
  return [{ requests, clients: 4, repeats: true }];
};

/** Funnels of 20 steps in any order. */
export const funnels: Attack = ({ keys }) => {
  const names = ['Product Viewed', 'Product Added', 'Cart Viewed', 'Order Completed', 'Search', 'Signed Up', 'Clicked'];
  const steps = Array.from({ length: 20 }, (_, index) => ({ event: names[index % names.length] }));
  const requests = variants((from) =>
    post('/v1/query/funnel', keys.read, { steps, order: 'any', windowSeconds: 86_400, ...rangeFrom(from, 14) }),
  );
  return [{ requests, clients: 4, repeats: true }];
};

/** Exports of all that the tenant has. */
export const exportsOfAll: Attack = ({ keys }) => {
  const requests = (['csv', 'parquet', 'ndjson'] as const).map((format) =>
    post('/v1/export', keys.read, { format, ...rangeFrom(0, 14) }),
  );
  return [{ requests, clients: 4, repeats: true }];
};

/** The last days, from `from` milliseconds after their beginning, so that no answer is one that was kept. */
function rangeFrom(from: number, days: number): { from: string; to: string } {
  const endMs = Math.ceil(Date.now() / DAY_MS) * DAY_MS;
  return { from: new Date(endMs - days * DAY_MS + from).toISOString(), to: new Date(endMs).toISOString() };
}

function variants(requestOf: (from: number) => FloodRequest): FloodRequest[] {
  return Array.from({ length: 100 }, (_, index) => requestOf(index * 61));
}

function post(path: string, key: string, body: unknown): FloodRequest {
  return { method: 'POST', path, headers: headersOf(key, JSON_TYPE), body: JSON.stringify(body) };
}

function importOf(keys: Keys, folder: string, fromDay: number, toDay: number): FloodRequest {
  const lines = Array.from({ length: toDay - fromDay }, (_, index) => {
    const timestamp = new Date(Date.UTC(1990, 0, 2 + fromDay + index, 1)).toISOString();
    return JSON.stringify({ event: 'E', userId: 'u', timestamp });
  });
  const bodyFile = join(folder, `days-${fromDay}-${toDay}`);
  writeFileSync(bodyFile, gzipSync(lines.join('\n')));
  const headers = { ...headersOf(keys.write, 'application/x-ndjson'), 'content-encoding': 'gzip' };
  return { method: 'POST', path: '/v1/import', headers, bodyFile };
}

function headersOf(key: string, type: string): Record<string, string> {
  return { authorization: `Bearer ${key}`, 'content-type': type };
}
