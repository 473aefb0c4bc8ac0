import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

// The router reads the browser's globals when it is loaded.
vi.stubGlobal('location', { pathname: '/', search: '' });
vi.stubGlobal('addEventListener', () => {});
// Another file may have loaded them with other globals.
vi.resetModules();
vi.useFakeTimers();
const { followClock, nowMs: shownMs, resolveRange } = await import('../../../src/dashboard/data/range.ts');

const timersOfLoading = vi.getTimerCount();
vi.useRealTimers();

const nowMs = Date.parse('2026-11-29T12:00:00Z');
const resolve = (id: string) => resolveRange(id, 'UTC', nowMs);

describe('the range of a link', () => {
  it('is two dates, both included, or two instants', () => {
    expect(resolve('2026-11-01..2026-11-07')).toMatchObject({ from: '2026-11-01', to: '2026-11-08', isOpen: false });
    const [from, to] = ['2026-11-01T10:00:00Z', '2026-11-01T11:30:00.500Z'];
    expect(resolve(`${from}..${to}`)).toMatchObject({
      startMs: Date.parse(from),
      endMs: Date.parse(to),
      isOpen: false,
    });
  });

  it.each([
    'never',
    '2026-11-07..2026-11-01',
    '2026-11-01T10:00:00Z..2026-11-01T10:00:00Z',
    '2026-11-01T10:00:00..2026-11-01T11:00:00',
    '-271821-04-20T00:00:00Z..2026-11-01T00:00:00Z',
    '2026-11-01T00:00:00Z..+275760-09-13T00:00:00Z',
  ])('is none for %s', (id) => {
    expect(resolve(id)).toBeNull();
  });
});

describe('the present minute', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: nowMs });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('has no clock until the page starts one: a module that is loaded alone does nothing later', () => {
    expect(timersOfLoading).toBe(0);
  });

  it('moves on while the page is shown', () => {
    const page = { hidden: false };
    vi.stubGlobal('document', page);
    followClock();
    vi.advanceTimersByTime(60_000);
    expect(shownMs.value).toBe(nowMs + 60_000);
    page.hidden = true;
    vi.advanceTimersByTime(120_000);
    expect(shownMs.value).toBe(nowMs + 60_000);
    page.hidden = false;
    vi.advanceTimersByTime(5_000);
    expect(shownMs.value).toBe(nowMs + 185_000);
  });
});
