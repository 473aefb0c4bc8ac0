/**
 * RequestCounter: answered requests of this isolate by method, route and status, as Prometheus text.
 *
 * Bounded: routes are patterns (`/v1/tenants/:id`), never paths. An isolate's counters begin at 0 whenever it starts, as
 * Prometheus' `rate` expects of a restarted process; the `instance` label tells isolates apart.
 */
export class RequestCounter {
  readonly #counts = new Map<string, number>();

  add(method: string, route: string, status: number): void {
    const labels = `method="${method}",route="${route}",status="${status}"`;
    this.#counts.set(labels, (this.#counts.get(labels) ?? 0) + 1);
  }

  /** Samples in the order of their labels, each with the instance it was counted in. */
  samples(instance: string): Sample[] {
    return [...this.#counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([labels, value]) => ({ labels: `${labels},instance="${instance}"`, value }));
  }
}

export interface Sample {
  /** As between the braces; '' for none. */
  readonly labels: string;
  readonly value: number;
}
export interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly Sample[];
}

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The text exposition format of Prometheus, version 0.0.4. */
export function renderMetrics(metrics: readonly Metric[]): string {
  return metrics
    .map(({ name, type, help, samples }) => {
      const lines = samples.map(({ labels, value }) => `${name}${labels && `{${labels}}`} ${value}\n`);
      return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
    })
    .join('');
}
