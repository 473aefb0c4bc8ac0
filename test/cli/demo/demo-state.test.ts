// The state of the demo: a run that was ended anywhere goes on, and no stretch of time is sent twice.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openState, stateFileOf, writeState } from '../../../src/cli/demo/demo-state.ts';
import { parseDemoOptions } from '../../../src/cli/demo/options.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/limits.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-demo-state-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NOW_MS = Date.UTC(2026, 5, 17, 14, 30);
const options = parseDemoOptions(['--state', folder], '.')!;

describe('the state of the demo', () => {
  it('begins with the last month and the months before, and goes on with what was left', () => {
    const file = join(folder, 'one.json');
    const state = openState(file, options, NOW_MS);
    expect(state.parts.map(({ name, isSent }) => [name, isSent])).toEqual([
      ['recent', false],
      ['earlier', false],
    ]);
    const [recent, earlier] = state.parts;
    expect(recent).toMatchObject({ startMs: earlier!.endMs, endMs: NOW_MS });
    expect(earlier!.startMs).toBe(NOW_MS - (NOW_MS % DAY_MS) - 90 * DAY_MS);
    recent!.isSent = true;
    writeState(file, state);
    expect(openState(file, { ...options, seed: 'other' }, NOW_MS + 1_000)).toEqual(state);
  });

  it('adds a part for the time since the last run, and keeps it until it is sent', () => {
    const file = join(folder, 'two.json');
    const state = openState(file, { ...options, days: 5 }, NOW_MS);
    expect(state.parts.map(({ name }) => name)).toEqual(['recent']);
    for (const part of state.parts) part.isSent = true;
    state.liveUntilMs = NOW_MS + HOUR_MS;
    writeState(file, state);
    const again = openState(file, options, NOW_MS + DAY_MS);
    expect(again.parts.at(-1)).toMatchObject({
      startMs: NOW_MS + HOUR_MS,
      endMs: NOW_MS + DAY_MS,
      isSent: false,
    });
    const third = openState(file, options, NOW_MS + DAY_MS + 10_000);
    expect(third.parts).toEqual(again.parts);
    expect(new Set(openState(file, options, NOW_MS + 3 * DAY_MS).parts.map(({ name }) => name)).size).toBe(3);
  });

  it('is not begun anew over a file that cannot be read', () => {
    const file = stateFileOf(folder);
    writeFileSync(file, '{"seed":');
    expect(() => openState(file, options, NOW_MS)).toThrow();
    expect(readFileSync(file, 'utf8')).toBe('{"seed":');
  });
});

describe('the options of the demo', () => {
  it('have defaults, and refuse what is no number', () => {
    expect(parseDemoOptions([], '.')).toMatchObject({ port: 8787, seed: 'shop', days: 90, visitsPerDay: 800 });
    expect(parseDemoOptions(['--help'], '.')).toBe(null);
    for (const wrong of [['--days', '0'], ['--port', '70000'], ['--visits', 'many'], ['--colour', 'red'], ['shop']])
      expect(() => parseDemoOptions(wrong, '.')).toThrow();
  });
});
