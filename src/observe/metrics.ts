/**
 * Metrics: numbers of this isolate in the text format of Prometheus, and the counter of its answered requests.
 *
 * The counter has a sample for each method, route and status. Their number is bounded, because routes are patterns
 * (`/v1/tenants/:id`) and never paths. A new isolate counts from 0, which Prometheus' `rate` expects of a restarted
 * process; the `instance` label tells isolates apart.
 */
export class RequestCounter {
  readonly #counts = new Map<string, number>();

  add(method: string, route: string, status: number): void {
    const labels = `method="${method}",route="${route}",status="${status}"`;
    this.#counts.set(labels, (this.#counts.get(labels) ?? 0) + 1);
  }

  /** The samples in the order of their labels, each with the instance that counted it. */
  samples(instance: string): Sample[] {
    return [...this.#counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([labels, value]) => ({ labels: `${labels},instance="${instance}"`, value }));
  }
}

export interface Sample {
  /** The text between the braces; '' for no labels. */
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
