// World: a tenant of its own on the stack of all client tests, a gate before it, and its answers.

import { randomBytes } from 'node:crypto';
import { expect, inject } from 'vitest';
import { answerOf, send } from '../../e2e/support/api.ts';
import { type Gate, openGate } from './gate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    stackUrl: string;
    rootKey: string;
  }
}

/** An event as the stack lists it. */
export interface Listed {
  readonly id: string;
  readonly type: string;
  readonly event: string;
  readonly userId?: string;
  readonly anonymousId?: string;
  readonly timestamp: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
  readonly columns: Readonly<Record<string, string>>;
}

interface Keys {
  readonly server: string;
  readonly browser: string;
  readonly read: string;
  readonly admin: string;
}

/** How long an SDK may take: its own timers, and a retry after a second or more. */
const PATIENCE = { timeout: 25_000, interval: 100 };

export class World {
  readonly gate: Gate;
  readonly keys: Keys;
  readonly #stackUrl: string;

  constructor(gate: Gate, keys: Keys, stackUrl: string) {
    this.gate = gate;
    this.keys = keys;
    this.#stackUrl = stackUrl;
  }

  static async open(): Promise<World> {
    const stackUrl = inject('stackUrl');
    const id = `c${randomBytes(6).toString('hex')}`;
    const { keys } = await answerOf<{ keys: Keys }>(
      send(`${stackUrl}/v1/tenants`, inject('rootKey'), { id, name: id, timezone: 'UTC' }),
      201,
    );
    return new World(await openGate(stackUrl), keys, stackUrl);
  }

  /** The host that SDKs are given. */
  get url(): string {
    return this.gate.url;
  }

  close(): Promise<void> {
    return this.gate.close();
  }

  /** All events of the last day, the oldest first. */
  async events(): Promise<Listed[]> {
    const { events } = await this.#ask<{ events: Listed[] }>('GET', '/v1/events?limit=100');
    return events.toReversed();
  }

  /** The events once there are that many. Fails when fewer come in time, or more. */
  async eventsOf(count: number): Promise<Listed[]> {
    await expect.poll(async () => (await this.events()).length, PATIENCE).toBeGreaterThanOrEqual(count);
    const events = await this.events();
    expect(events.map(({ event }) => event)).toHaveLength(count);
    return events;
  }

  /** The total of a measure over the last and the next day. */
  async total(measure: 'count' | 'users' | 'groups', event?: string): Promise<number> {
    const dayMs = 86_400_000;
    const day = (offset: number) => new Date(Date.now() + offset * dayMs).toISOString().slice(0, 10);
    const body = { measure, from: day(-7), to: day(2), ...(event !== undefined && { events: [event] }) };
    const { series } = await this.#ask<{ series: { total: number }[] }>('POST', '/v1/query', body);
    return series[0]?.total ?? 0;
  }

  /** The codes of the refusals that the stack keeps for people to see. */
  async refusals(): Promise<string[]> {
    const { arrivals } = await this.#ask<{ arrivals: { code: string }[] }>('GET', '/v1/arrivals?verdict=refused');
    return arrivals.map(({ code }) => code);
  }

  async traits(id: string): Promise<Record<string, unknown>> {
    const { traits } = await this.#ask<{ traits: Record<string, unknown> }>('POST', '/v1/people/profile', { id });
    return traits;
  }

  /** Resolves when the gate has seen that many requests that match. */
  async seen(matches: RegExp, count: number): Promise<void> {
    const found = () => this.gate.seen.filter(({ method, path }) => method !== 'OPTIONS' && matches.test(path)).length;
    await expect.poll(found, PATIENCE).toBeGreaterThanOrEqual(count);
  }

  /** The answer of a question. */
  ask<T>(path: string, body: unknown): Promise<T> {
    return this.#ask<T>('POST', path, body);
  }

  #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    return answerOf<T>(send(`${this.#stackUrl}${path}`, this.keys.read, body, method));
  }
}
