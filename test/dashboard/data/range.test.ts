import { describe, expect, it, vi } from 'vitest';

// The router reads the browser's globals when it is loaded.
vi.stubGlobal('location', { pathname: '/', search: '' });
vi.stubGlobal('addEventListener', () => {});
vi.stubGlobal('document', { hidden: true });
// Another file may have loaded them with other globals.
vi.resetModules();
const { resolveRange } = await import('../../../src/dashboard/data/range.ts');

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
