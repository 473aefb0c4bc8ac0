// Traffic: the events of one tenant: people, names, paths and countries from a seed, some of them late, sent through the real
// edge.

import { HOUR_MS } from '../../../src/core/limits.ts';
import { collectOn, eventsRequest } from '../../sim/collect.ts';
import { mix, Sequence } from '../../sim/world/random.ts';
import type { World } from '../../sim/world/world.ts';

export interface Traffic {
  readonly uid: string;
  readonly eventsPerSecond: number;
  readonly eventsPerRequest: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Numbers of different values. */
  readonly people: number;
  readonly names: number;
  readonly paths: number;
  readonly countries: number;
  /** The share of requests that are late: their events are up to two days old. */
  readonly lateShare: number;
  /** Numeric properties of an event, each of which takes any value. */
  readonly measures: number;
  /** Length of a text that events of one path share; 0 when they have none. */
  readonly labelLength: number;
  /** How long late requests still come after the traffic has ended. */
  readonly lateForMs: number;
  /** Requests that arrive at the same moment now and then, each as long as a request may be; 0 for none. */
  readonly burst: { readonly requests: number; readonly events: number; readonly everyMs: number } | null;
}

/** Requests at the same moment. */
interface Sending {
  readonly requests: number;
  readonly events: number;
  readonly isLate: boolean;
}

const LATE_MAX_MS = 48 * HOUR_MS;
const DAY_MS = 24 * HOUR_MS;
const AGENTS = [
  'Chrome/131.0 Safari/537.36',
  'Chrome/131.0 Mobile Safari/537.36',
  'Version/18.1 Mobile/15E148 Safari/604.1',
];
const RETRY_MS = 5_000;
const ATTEMPTS_MAX = 200;

export class Sender {
  readonly traffic: Traffic;
  /** Events sent, by their UTC day. */
  readonly sent = new Map<number, number>();
  events = 0;
  accepted = 0;
  readonly #world: World;
  readonly #random: Sequence;

  constructor(world: World, traffic: Traffic) {
    this.#world = world;
    this.traffic = traffic;
    this.#random = new Sequence(world.seed, `traffic ${traffic.uid}`);
  }

  start(): void {
    const { eventsPerSecond, eventsPerRequest, lateShare, lateForMs, startMs, endMs, burst } = this.traffic;
    const everyMs = (1_000 * eventsPerRequest) / eventsPerSecond;
    const steady = { requests: 1, events: eventsPerRequest, isLate: false };
    this.#repeat(startMs + this.#random.next() * everyMs, everyMs, endMs, steady);
    if (lateShare > 0) {
      const lateEveryMs = everyMs / lateShare;
      this.#repeat(startMs + lateEveryMs / 2, lateEveryMs, endMs + lateForMs, { ...steady, isLate: true });
    }
    if (burst !== null) this.#repeat(startMs + burst.everyMs / 2, burst.everyMs, endMs, { ...burst, isLate: false });
  }

  #repeat(atMs: number, everyMs: number, untilMs: number, { requests, events, isLate }: Sending): void {
    if (atMs >= untilMs) return;
    this.#world.scheduler.at(atMs, 'request', () => {
      for (let i = 0; i < requests; i++) this.#send(this.#body(events, atMs, isLate), 1);
      this.#repeat(atMs + everyMs, everyMs, untilMs, { requests, events, isLate });
    });
  }

  /** Sends events of as many past days, one each. */
  sendOld(days: number): void {
    const { nowMs } = this.#world;
    this.#send(bodyOf(Array.from({ length: days }, (_, i) => this.#event(nowMs - (i + 1) * DAY_MS))), 1);
  }

  /** Sends again what was refused for now, as every SDK does. */
  #send(body: string, attempt: number): void {
    this.#collect(body).then(
      (accepted) => {
        this.accepted += accepted;
      },
      (cause: unknown) => {
        if (attempt >= ATTEMPTS_MAX) this.#world.violate('traffic', String(cause));
        else this.#world.scheduler.after(RETRY_MS, 'request again', () => this.#send(body, attempt + 1));
      },
    );
  }

  async #collect(body: string): Promise<number> {
    const world = this.#world;
    const { uid } = this.traffic;
    const { accepted } = await world.invoke('collect', (isolate) =>
      collectOn(isolate, world, eventsRequest(body), () => isolate.tenants.byUid(uid)),
    );
    return accepted;
  }

  #body(count: number, atMs: number, isLate: boolean): string {
    const ageMs = isLate ? this.#random.below(LATE_MAX_MS) : 0;
    return bodyOf(Array.from({ length: count }, (_, i) => this.#event(Math.max(0, atMs - ageMs - 20 * (count - i)))));
  }

  /** The event as JSON. Its texts need no escapes, so that writing them takes a fraction of what an object takes. */
  #event(atMs: number): string {
    const { uid, people, names, paths, countries, measures, labelLength } = this.traffic;
    const random = this.#random;
    const day = Math.floor(atMs / DAY_MS);
    this.sent.set(day, (this.sent.get(day) ?? 0) + 1);
    // Half of a day's people are new on it.
    const person = Math.floor((day * people) / 2) + random.below(people);
    const name = skewed(random.next(), names);
    const path = skewed(random.next(), paths);
    const isPage = name % 3 === 0;
    let properties = `"sku":"sku-${path}","quantity":${1 + (person % 3)},"plan":"plan-${person % 4}"`;
    if (labelLength > 0) properties += `,"label":"${labelOf(path, labelLength)}"`;
    for (let i = 0; i < measures; i++) properties += `,"measure${i}":${random.below(1_000_000) / 100}`;
    const context =
      `"location":{"country":"C${person % countries}"},"userAgent":"Mozilla/5.0 ${AGENTS[person % AGENTS.length]}",` +
      `"page":{"path":"/products/${path}","referrer":"https://site-${path % 20}.example/"},` +
      `"campaign":{"source":"source-${person % 12}"}`;
    return (
      `{"id":"${uid}-${++this.events}","type":"${isPage ? 'page' : 'track'}","event":"Event ${name}",` +
      `"anonymousId":"device-${person}","timestamp":"${new Date(atMs).toISOString()}",` +
      `"context":{${context}},"properties":{${properties}}}`
    );
  }
}

function bodyOf(events: readonly string[]): string {
  return `{"batch":[${events.join(',')}]}`;
}

/** A text that no compressor shortens much. */
function labelOf(path: number, length: number): string {
  return Array.from({ length }, (_, i) => String.fromCharCode(97 + (mix(path, i) % 26))).join('');
}

/** A number below the bound; small ones are more frequent. */
function skewed(roll: number, bound: number): number {
  return Math.floor(roll * roll * bound);
}
