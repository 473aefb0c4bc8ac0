/** Platform: what a page, Node and a Worker have in common: a request, new ids, and where refusals are shown. */
import type { Refused } from './event.ts';
import type { Answer } from './outbox.ts';

const TRY_MS_MAX = 15_000;

export function eventsUrlOf(host: string): string {
  return `${host.replace(/\/$/, '')}/v1/events`;
}

/** Posts, for at most 15 s. Never rejects: status 0 stands for no answer. */
export async function post(url: string, init: RequestInit): Promise<Answer> {
  try {
    const answer = await fetch(url, { ...init, method: 'POST', signal: AbortSignal.timeout(TRY_MS_MAX) });
    const retryAfterMs = Number(answer.headers.get('retry-after')) * 1_000 || 0;
    return { status: answer.status, retryAfterMs, text: await answer.text() };
  } catch {
    return { status: 0, retryAfterMs: 0, text: '' };
  }
}

/** Begins with the time, so that ids sort by it; 80 random bits follow. */
export function newId(): string {
  const random = crypto.getRandomValues(new Uint8Array(10));
  return Date.now().toString(36) + Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function warn(refused: Refused): void {
  console.warn('tidemark:', refused.code, refused);
}
