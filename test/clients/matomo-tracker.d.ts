// The part of matomo-tracker that its test uses; the package has no types.

declare module 'matomo-tracker' {
  import type { EventEmitter } from 'node:events';

  export default class MatomoTracker extends EventEmitter {
    constructor(siteId: number, trackerUrl: string);
    track(options: string | Readonly<Record<string, string | number>>): void;
    trackBulk(events: readonly object[], callback: (answer: string) => void): void;
  }
}
