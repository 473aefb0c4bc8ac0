// Audit: a tenant on a stack of its own that receives bad input. It counts the good events that were acknowledged and
// records every refusal.

import { expect } from 'vitest';
import { DAY_MS } from '../../../src/core/limits.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import { createTenant, ingest, type TestTenant, total, type WireEvent } from './api.ts';

export const MIB = 1024 * 1024;
export const startedAtMs = Date.now();
/** The range of all questions: today and tomorrow. */
export const RANGE = {
  from: new Date(startedAtMs - (startedAtMs % DAY_MS)).toISOString(),
  to: new Date(startedAtMs - (startedAtMs % DAY_MS) + 2 * DAY_MS).toISOString(),
};

export interface RawRequest {
  readonly body?: BodyInit;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Refusal {
  readonly input: string;
  readonly level: 'request' | 'event';
  readonly status: number;
  readonly code: string;
}

export const newGood = (): WireEvent => ({ id: crypto.randomUUID(), event: 'Good', userId: 'someone' });
export const newGoods = (count: number) => Array.from({ length: count }, newGood);

export const json = (value: unknown) => JSON.stringify(value);
export const invalidUtf8 = Buffer.concat([Buffer.from('{"event":"a'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);

export class Audit {
  readonly stack: Stack;
  readonly tenant: TestTenant;
  /** The number of good events that were acknowledged; each of them must be counted. */
  goodCount = 0;
  readonly refusals: Refusal[] = [];

  private constructor(stack: Stack, tenant: TestTenant) {
    this.stack = stack;
    this.tenant = tenant;
  }

  static async start(): Promise<Audit> {
    const stack = await startStack();
    return new Audit(stack, await createTenant(stack, 'careful'));
  }

  /** Prints the refusals as a table and stops the stack. */
  async stop(): Promise<void> {
    console.table(this.refusals);
    await this.stack.stop();
  }

  request({ body, path = '/v1/events', method = 'POST', headers = {} }: RawRequest): Promise<Response> {
    const defaults = { authorization: `Bearer ${this.tenant.keys.write}`, 'content-type': 'application/json' };
    const init = { method, headers: { ...defaults, ...headers }, ...(body !== undefined && { body, duplex: 'half' }) };
    return fetch(this.tenant.url + path, init as RequestInit);
  }

  countGood(): Promise<number> {
    return total(this.tenant, { measure: 'count', events: ['Good'], ...RANGE });
  }

  countAll(): Promise<number> {
    return total(this.tenant, { measure: 'count', ...RANGE });
  }

  /** Expects that the server still takes a good event. */
  async expectUp(): Promise<void> {
    expect(await ingest(this.tenant, [newGood()])).toMatchObject({ accepted: 1 });
    this.goodCount++;
  }

  async expectProblem(input: string, response: Response, status: number, code: string) {
    const document = (await response.json()) as { status: number; code: string; type: string; detail: string };
    expect(document, input).toMatchObject({ status, code, type: `/docs/errors#${code}` });
    expect(response.status, input).toBe(status);
    expect(response.headers.get('content-type'), input).toBe('application/problem+json');
    expect(document.detail.length, input).toBeGreaterThan(0);
    this.refusals.push({ input, level: 'request', status, code });
    return document;
  }

  /** Expects that every good event was counted, and no other. */
  async expectBalance(): Promise<void> {
    expect(await this.countGood()).toBe(this.goodCount);
    expect(await this.countAll()).toBe(this.goodCount);
  }

  /** Expects that the page of errors has every code that was met. */
  async expectCodesDocumented(): Promise<void> {
    const page = await (await fetch(`${this.stack.url}/docs/errors`)).text();
    const ids = new Set(this.refusals.map(({ level, code }) => (level === 'event' ? `event:${code}` : code)));
    expect(ids.size).toBeGreaterThan(0);
    expect([...ids].filter((id) => !page.includes(`id="${id}"`))).toEqual([]);
  }
}
