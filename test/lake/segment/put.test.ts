import { describe, expect, it } from 'vitest';
import { putSegment, SegmentConflictError } from '../../../src/lake/segment/put.ts';
import { encodeSegment } from '../../../src/lake/segment/segment-write.ts';
import { FakeBucket } from '../../support/fake-bucket.ts';
import { shopColumns } from '../generate.ts';

const segment = encodeSegment(shopColumns(500), { order: 'l0' });
const other = encodeSegment(shopColumns(500, { seed: 2 }), { order: 'l0' });

describe('putting a segment', () => {
  it('stores it once; a retry finds the same', async () => {
    const bucket = new FakeBucket();
    const sizeBytes = segment.bytes.length;
    expect(await putSegment(bucket.binding, 'p', segment)).toEqual({ status: 'stored', sizeBytes, isOurs: true });
    expect(await putSegment(bucket.binding, 'p', segment)).toEqual({ status: 'same', sizeBytes, isOurs: true });
    expect(bucket.keys()).toEqual(['p']);
  });

  it('finds its own after an answer was lost', async () => {
    const bucket = new FakeBucket();
    bucket.after = () => {
      throw new Error('connection lost');
    };
    await expect(putSegment(bucket.binding, 'p', segment)).rejects.toThrow('connection lost');
    bucket.after = () => {};
    expect(await putSegment(bucket.binding, 'p', segment)).toMatchObject({ status: 'same', isOurs: true });
  });

  it('refuses another content under the name, and leaves what is there', async () => {
    const bucket = new FakeBucket();
    await putSegment(bucket.binding, 'p', segment);
    await expect(putSegment(bucket.binding, 'p', other)).rejects.toThrow(SegmentConflictError);
    expect((await bucket.head('p'))?.size).toBe(segment.bytes.length);
  });

  it('tells when the same content was laid out by another encoder', async () => {
    const bucket = new FakeBucket();
    const before = { ...segment, bytes: Uint8Array.of(...segment.bytes, 0), footerHash: 'of another release' };
    await putSegment(bucket.binding, 'p', before);
    const outcome = await putSegment(bucket.binding, 'p', segment);
    expect(outcome).toEqual({ status: 'same', sizeBytes: segment.bytes.length + 1, isOurs: false });
  });
});

describe('the fake bucket', () => {
  it('creates if absent, and swaps by etag', async () => {
    const bucket = new FakeBucket();
    const first = await bucket.put('k', 'one', { onlyIf: { etagDoesNotMatch: '*' }, customMetadata: { a: 'b' } });
    expect(await bucket.put('k', 'two', { onlyIf: { etagDoesNotMatch: '*' } })).toBeNull();
    expect(await bucket.put('k', 'two', { onlyIf: { etagMatches: 'another' } })).toBeNull();
    expect((await bucket.head('k'))?.customMetadata).toEqual({ a: 'b' });
    expect(await bucket.put('k', 'two', { onlyIf: { etagMatches: first?.etag as string } })).not.toBeNull();
    expect(await (await bucket.get('k'))?.text()).toBe('two');
  });

  it('reads ranges, lists in pages, deletes', async () => {
    const bucket = new FakeBucket();
    for (const key of ['a/1', 'a/2', 'a/3', 'b/1']) await bucket.put(key, `value of ${key}`);
    expect(await (await bucket.get('a/1', { range: { offset: 9, length: 3 } }))?.text()).toBe('a/1');
    expect(await (await bucket.get('a/1', { range: { suffix: 1 } }))?.text()).toBe('1');
    const page = await bucket.list({ prefix: 'a/', limit: 2 });
    expect([page.objects.map(({ key }) => key), page.truncated]).toEqual([['a/1', 'a/2'], true]);
    const rest = await bucket.list({ prefix: 'a/', limit: 2, cursor: (page as { cursor: string }).cursor });
    expect([rest.objects.map(({ key }) => key), rest.truncated]).toEqual([['a/3'], false]);
    await bucket.delete(['a/1', 'a/2']);
    expect(bucket.keys()).toEqual(['a/3', 'b/1']);
    expect(await bucket.get('a/1')).toBeNull();
  });
});
