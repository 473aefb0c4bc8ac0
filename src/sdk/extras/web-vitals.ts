/** Web vitals: an event for each of the page's Core Web Vitals, and for FCP and TTFB (https://web.dev/articles/vitals). */
import { type Metric, onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals';
import type { Tidemark } from '../tidemark.ts';

/** Sends `Web Vital` with `metric`, `value` (ms; CLS has no unit) and `rating`. */
export function trackWebVitals({ track }: Pick<Tidemark, 'track'>): void {
  const report = ({ name, value, rating }: Metric) => {
    track('Web Vital', { metric: name, value: Math.round(value * 1_000) / 1_000, rating });
  };
  for (const watch of [onCLS, onFCP, onINP, onLCP, onTTFB]) watch(report);
}
