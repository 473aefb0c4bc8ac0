import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeRollupCells } from '../../../src/core/rollup/cell-codec.ts';
import { RollupCells } from '../../../src/core/rollup/rollup-cells.ts';
import { pack, unpack } from '../../../src/lake/encoding/packed.ts';

describe('packed bytes', () => {
  it('come back as they were, and are never more', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 2_000 }).filter(([first]) => first !== 80);
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 60 }), (piece, times) => {
        const whole = new Uint8Array(piece.length * times);
        for (let i = 0; i < times; i++) whole.set(piece, i * piece.length);
        const packed = pack(whole);
        expect(packed.length).toBeLessThanOrEqual(whole.length);
        expect(unpack(packed)).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it('are less than half for cells that name the same people hour by hour', () => {
    const cells = new RollupCells(1, 0);
    for (let event = 0; event < 4_320; event++) {
      const cell = cells.cell(3_600_000 * (event % 24), `Event ${(event * 7) % 20}`);
      cell.count++;
      const person = Math.imul((event * event) % 500, 0x9e3779b1);
      cell.people.add(person, Math.imul(person, 0x85ebca6b));
    }
    const [bytes] = encodeRollupCells(cells);
    expect(pack(bytes!).length).toBeLessThan(bytes!.length / 2);
    expect(unpack(bytes!)).toBe(bytes);
  });

  it('cannot be told from bytes that begin as they do', () => {
    expect(() => pack(Uint8Array.of(80, 1, 2))).toThrow('begin with 80');
  });
});
