import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../../src/core/std/bytes.ts';
import { InvariantError } from '../../../src/core/std/result.ts';

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(16);
  write(writer);
  return writer.finish();
}

describe('bytes', () => {
  it('reads back whatever was written, in order', () => {
    const item = fc.oneof(
      fc.record({ kind: fc.constant('varint' as const), value: fc.maxSafeNat() }),
      fc.record({ kind: fc.constant('signed' as const), value: fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }) }),
      fc.record({ kind: fc.constant('f64' as const), value: fc.double() }),
      fc.record({ kind: fc.constant('u32' as const), value: fc.nat(0xffffffff) }),
      fc.record({ kind: fc.constant('u8' as const), value: fc.nat(255) }),
      fc.record({ kind: fc.constant('text' as const), value: fc.string({ unit: 'binary', maxLength: 300 }) }),
      fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 300 }) }),
    );
    fc.assert(
      fc.property(fc.array(item, { maxLength: 30 }), (items) => {
        const bytes = written((writer) => {
          for (const { kind, value } of items) (writer[kind] as (value: unknown) => void).call(writer, value);
        });
        const reader = new ByteReader(bytes);
        expect(items.map(({ kind }) => reader[kind]())).toEqual(items.map(({ value }) => value));
        expect(reader.left).toBe(0);
      }),
    );
  });

  it('keeps texts around every length where the form changes, a leading byte order mark too', () => {
    const texts = [0, 1, 23, 24, 25, 42, 43, 127, 128, 129, 5461, 5462, 16383, 16384].flatMap((length) => [
      'a'.repeat(length),
      'é'.repeat(length),
      '€'.repeat(length),
    ]);
    for (const text of [...texts, '\ufeffabc', '😀', '\0']) {
      const reader = new ByteReader(written((writer) => writer.text(text)));
      expect(reader.text()).toBe(text);
      expect(reader.left).toBe(0);
    }
  });

  it('stores a lone surrogate as U+FFFD', () => {
    expect(new ByteReader(written((writer) => writer.text('\ud800'))).text()).toBe('\ufffd');
  });

  it('takes back what was written since a mark', () => {
    const bytes = written((writer) => {
      writer.varint(300);
      const mark = writer.length;
      writer.text('away');
      writer.length = mark;
      writer.u8(7);
    });
    expect([...bytes]).toEqual([0xac, 0x02, 7]);
  });

  it('refuses to read over the end, and a varint that does not end or is too big', () => {
    expect(() => new ByteReader(new Uint8Array(3)).u32()).toThrow(InvariantError);
    expect(() => new ByteReader(Uint8Array.of(5, 97)).text()).toThrow('5 bytes wanted at 1, 1 are left');
    expect(() => new ByteReader(Uint8Array.of(0x80)).varint()).toThrow(InvariantError);
    expect(() => new ByteReader(new Uint8Array(12).fill(0xff)).varint()).toThrow(InvariantError);
  });

  it('refuses to write what a varint cannot hold', () => {
    for (const value of [-1, 0.5, 2 ** 53, Number.NaN]) {
      expect(() => written((writer) => writer.varint(value))).toThrow(InvariantError);
    }
  });

  it('reads within a view of larger bytes', () => {
    const whole = Uint8Array.of(9, 9, 1, 0, 0, 0, 9);
    expect(new ByteReader(whole.subarray(2, 6)).u32()).toBe(1);
  });
});
