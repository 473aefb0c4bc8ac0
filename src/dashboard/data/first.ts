/**
 * First: what a page shows first is asked alone. Other questions would share the server and the connection with it, and begin
 * when it is there.
 */
import { signal } from '@preact/signals';

/** Whether what the page shows first is there, or the page has nothing of that kind. */
export const isFirstShown = signal(false);

export function noteFirstShown(): void {
  isFirstShown.value = true;
}

/** Resolves once what the page shows first is there. */
export function firstShown(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = isFirstShown.subscribe((isShown) => {
    if (isShown) resolve();
  });
  return promise.finally(() => stop());
}
