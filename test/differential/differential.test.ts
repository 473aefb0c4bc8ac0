// Differential: the same stream of requests through the simulator's platform and through workerd, under the same clock.
// Every verdict, answer and seal must be equal, so that the simulator's proofs hold where the product runs.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/limits.ts';
import { MUTATIONS } from '../sim/product/mutations.ts';
import { bundleProducts, loadProducts } from '../sim/product/products.ts';
import type { Tenancy } from './platform.ts';
import { Runtime } from './runtime.ts';
import { SimulatedTenancy } from './simulated.ts';
import { questionsAt, Stream } from './stream.ts';

const SEEDS = [1, 2];
/** A start so far in the future that no alarm is due in the runtime, which keeps its own time. */
const ERA_MS = Date.UTC(2101, 2, 10, 12);
/** The span of time of one seed; each seed starts after the last one, so the clock never goes back. */
const SEED_MS = 30 * DAY_MS;
const REQUESTS = 18;
/** The day of the start and the days before it: all that may be dirty, because a seal has the next dirty days queued too. */
const SEALED_DAYS = 20;

let runtime: Runtime;
let products: ReturnType<typeof loadProducts>;

beforeAll(async () => {
  [runtime, products] = await Promise.all([Runtime.start(), bundleProducts().then(loadProducts)]);
}, 60_000);

afterAll(() => runtime?.stop());

/** Makes each call on both platforms and compares their answers. */
class Pair {
  /** The states that answers reported: a comparison of empty answers would prove nothing. */
  readonly seen = { answers: 0, complete: 0, open: 0, pending: 0 };
  readonly #both: readonly [Tenancy, Tenancy];

  constructor(simulated: Tenancy, real: Tenancy) {
    this.#both = [simulated, real];
  }

  async same<T>(what: string, work: (tenancy: Tenancy) => Promise<T>): Promise<T> {
    const [simulated, real] = [await work(this.#both[0]), await work(this.#both[1])];
    expect(real, what).toEqual(simulated);
    return real;
  }

  async askAll(when: string, nowMs: number): Promise<void> {
    const questions = questionsAt(nowMs);
    const answers = await this.same(when, async (tenancy) => {
      const answered = await tenancy.ask(questions, nowMs);
      return answered.map((answer, i) => ({ question: questions[i], ...answer }));
    });
    for (const { question, series, complete, pending } of answers) {
      expect(series, `${when}: ${JSON.stringify(question)}`).not.toEqual([]);
      this.seen.answers++;
      this.seen[complete ? 'complete' : 'open']++;
      if (pending > 0) this.seen.pending++;
    }
  }

  async close(): Promise<void> {
    for (const tenancy of this.#both) await tenancy.close();
  }
}

/** Two days of a tenant: live, stored, sealed, late, sealed again, with questions after each step. */
class Life {
  readonly #pair: Pair;
  readonly #stream: Stream;
  readonly #startMs: number;
  #nowMs: number;
  accepted = 0;

  constructor(pair: Pair, seed: number, startMs: number) {
    this.#pair = pair;
    this.#stream = new Stream(seed);
    this.#startMs = startMs;
    this.#nowMs = startMs;
  }

  async run(): Promise<void> {
    await this.#send(REQUESTS);
    await this.#ask('live');
    await this.#store();
    await this.#ask('stored');
    await this.#send(REQUESTS / 3);
    await this.#resend();
    await this.#ask('stored and live');
    this.#pass(DAY_MS);
    await this.#store();
    await this.#seal();
    await this.#ask('sealed');
    await this.#resend();
    await this.#send(REQUESTS / 6, DAY_MS + HOUR_MS);
    await this.#ask('late after the seal');
    await this.#store();
    await this.#ask('late and stored');
    await this.#seal();
    await this.#ask('sealed again');
  }

  #pass(ms: number): number {
    this.#nowMs += ms;
    return this.#nowMs;
  }

  async #send(requests: number, ageMs: number | null = null): Promise<void> {
    for (let i = 0; i < requests; i++) {
      const nowMs = this.#pass(7_000);
      const request = this.#stream.request(nowMs, ageMs);
      const verdict = await this.#pair.same(`request ${i}`, (tenancy) => tenancy.send(request, nowMs));
      this.accepted += verdict.accepted;
    }
  }

  async #resend(): Promise<void> {
    const nowMs = this.#pass(7_000);
    const request = this.#stream.resend(nowMs, 40);
    const verdict = await this.#pair.same('resend', (tenancy) => tenancy.send(request, nowMs));
    expect(verdict).toMatchObject({ accepted: 0, duplicate: 40 });
  }

  async #store(): Promise<void> {
    const nowMs = this.#pass(7_000);
    await this.#pair.same('store', (tenancy) => tenancy.store(nowMs));
    this.#pass(6 * MINUTE_MS);
  }

  async #seal(): Promise<void> {
    const today = Math.floor(this.#startMs / DAY_MS);
    const days = Array.from({ length: SEALED_DAYS }, (_, back) => today - back);
    const sealed = await this.#pair.same('seal', (tenancy) => tenancy.seal(days, this.#nowMs));
    expect(sealed.map(({ day }) => day)).toContain(today);
    this.#pass(HOUR_MS);
  }

  #ask(when: string): Promise<void> {
    return this.#pair.askAll(when, this.#pass(20_000));
  }
}

async function live(seed: number, startMs: number, simulated: typeof products): Promise<Pair['seen']> {
  const options = { seed, startMs, shardCount: 1 + (seed % 3) };
  const pair = new Pair(new SimulatedTenancy(simulated, options), await runtime.tenancy(options));
  try {
    const life = new Life(pair, seed, startMs);
    await life.run();
    expect(life.accepted).toBeGreaterThan(200);
    return pair.seen;
  } finally {
    await pair.close();
  }
}

for (const seed of SEEDS) {
  it(`seed ${seed}: the simulator and the runtime answer alike`, { timeout: 60_000 }, async () => {
    const seen = await live(seed, ERA_MS + seed * SEED_MS, products);
    for (const [state, answers] of Object.entries(seen)) expect(answers, state).toBeGreaterThan(0);
  });
}

it('tells when one of them does not', { timeout: 60_000 }, async () => {
  const { patches } = MUTATIONS.find(({ name }) => name === 'corrections-not-counted')!;
  const seed = SEEDS.length + 1;
  const broken = loadProducts(await bundleProducts(patches));
  await expect(live(seed, ERA_MS + seed * SEED_MS, broken)).rejects.toThrow();
});
