/**
 * Kept key: the read key that the user gave to the page. The session storage of the tab holds it, so that a reload finds
 * it and the end of the tab forgets it. It is never part of a URL, which ends up in histories and logs.
 */
const NAME = 'tidemark.read-key';

export function keptKey(): string | null {
  return sessionStorage.getItem(NAME);
}

export function keepKey(key: string): void {
  sessionStorage.setItem(NAME, key);
}

export function forgetKey(): void {
  sessionStorage.removeItem(NAME);
}
