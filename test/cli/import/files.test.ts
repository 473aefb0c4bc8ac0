// Files as other programs write them: each is read rightly, or its wrong rows are refused with number and reason.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { Unreadable } from '../../../src/cli/import/read/row.ts';
import { sentTimeMs, withTime } from '../../../src/cli/import/row-time.ts';
import { readRows } from '../../../src/cli/import/rows.ts';
import { describeShape, type ShapeRequest, surveyFile } from '../../../src/cli/import/survey.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Read = { readonly rows: unknown[]; readonly said: string };

async function read(content: string | Buffer, request: Partial<ShapeRequest> = {}, name = 'input'): Promise<Read> {
  const path = join(folder, name);
  writeFileSync(path, content);
  const shape = await surveyFile(path, { format: 'csv', hasHeader: true, ...request });
  const rows: unknown[] = [];
  for await (const batch of readRows(path, shape)) rows.push(...batch);
  return { rows, said: describeShape(shape) };
}

/** A row that cannot be read, with a part of the reason and its text. */
const wrong = (reason: string, text?: string) =>
  expect.objectContaining({ reason: expect.stringContaining(reason), ...(text === undefined ? {} : { text }) });

const three = [
  { user: 'ann', at: '2026-06-01', v: '1' },
  { user: 'bob', at: '2026-06-01', v: '2' },
  { user: 'cid', at: '2026-06-01', v: '3' },
];
const linesOf = (separator: string) =>
  ['user,at,v', 'ann,2026-06-01,1', 'bob,2026-06-01,2', 'cid,2026-06-01,3'].map((line) =>
    line.replaceAll(',', separator),
  );

describe('the line ends of CSV', () => {
  const [header = '', a = '', b = '', c = ''] = linesOf(',');
  it.each([
    ['LF', `${header}\n${a}\n${b}\n${c}\n`],
    ['CRLF', `${header}\r\n${a}\r\n${b}\r\n${c}\r\n`],
    ['CR', `${header}\r${a}\r${b}\r${c}\r`],
    ['an LF header and CRLF rows', `${header}\n${a}\r\n${b}\r\n${c}\r\n`],
    ['a CRLF header and LF rows', `${header}\r\n${a}\n${b}\n${c}\n`],
    ['a CR header and LF rows', `${header}\r${a}\n${b}\n${c}`],
    ['all of them, and doubled returns', `${header}\r\r\n${a}\n${b}\r${c}\r\n\r\n`],
  ])('may be %s', async (_, text) => {
    expect((await read(text)).rows).toEqual(three);
  });

  it('are kept within quotes', async () => {
    const { rows } = await read('user,at,v\r\n"a\r\nb",x,1\nc,"y\nz",2\r\n');
    expect(rows).toEqual([
      { user: 'a\r\nb', at: 'x', v: '1' },
      { user: 'c', at: 'y\nz', v: '2' },
    ]);
  });
});

describe('the separator', () => {
  it.each([
    [',', 'commas'],
    [';', 'semicolons'],
    ['\t', 'tabs'],
    ['|', 'pipes'],
  ])('%j is guessed and said', async (separator, word) => {
    const { rows, said } = await read(linesOf(separator).join('\n'));
    expect(rows).toEqual(three);
    expect(said).toBe(`csv, separated by ${word}, 3 columns, utf-8`);
  });

  it('is not mistaken for decimal commas, nor for what stands between quotes', async () => {
    expect((await read('user;price;at\na;1,5;x\nb;2,5;y\n')).rows[0]).toEqual({ user: 'a', price: '1,5', at: 'x' });
    expect((await read('"a;b;c",at\n"1;2;3",x\n')).rows).toEqual([{ 'a;b;c': '1;2;3', at: 'x' }]);
    expect((await read('id,tags\n1,a;b;c\n2,a;b\n')).rows[1]).toEqual({ id: '2', tags: 'a;b' });
    expect((await read('only\none\n')).rows).toEqual([{ only: 'one' }]);
  });

  it('can be set', async () => {
    expect((await read('a:b\n1:2\n', { separator: ':' })).rows).toEqual([{ a: '1', b: '2' }]);
  });
});

it('numbers the columns of a file without a header', async () => {
  const { rows, said } = await read('ann,x\nbob,y\n', { hasHeader: false });
  expect(rows).toEqual([
    { 1: 'ann', 2: 'x' },
    { 1: 'bob', 2: 'y' },
  ]);
  expect(said).toContain('without a header');
});

it('keeps columns of any name apart from the members of every object', async () => {
  const { rows } = await read('__proto__,constructor\na,b\n');
  expect(Object.entries(rows[0] as object)).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ]);
});

describe('the encoding', () => {
  const text = 'user,at\nAndré,Łódź €5\nZoë,x\n';
  const rowsOfText = [
    { user: 'André', at: 'Łódź €5' },
    { user: 'Zoë', at: 'x' },
  ];
  const utf16be = (content: string) => Buffer.from(content, 'utf16le').swap16();

  it.each([
    ['UTF-8 with a mark', Buffer.from(`\ufeff${text}`), 'utf-8'],
    ['UTF-16 LE with a mark', Buffer.from(`\ufeff${text}`, 'utf16le'), 'utf-16le'],
    ['UTF-16 BE with a mark', utf16be(`\ufeff${text}`), 'utf-16be'],
    ['UTF-16 LE without a mark', Buffer.from(text, 'utf16le'), 'utf-16le'],
    ['UTF-16 BE without a mark', utf16be(text), 'utf-16be'],
  ])('is read from %s', async (_, bytes, encoding) => {
    const { rows, said } = await read(bytes);
    expect(rows).toEqual(rowsOfText);
    expect(said).toContain(encoding);
  });

  it.each([
    ['UTF-8', (content: string) => Buffer.from(content)],
    ['UTF-8 with a mark', (content: string) => Buffer.from(`\ufeff${content}`)],
    ['UTF-16 LE', (content: string) => Buffer.from(`\ufeff${content}`, 'utf16le')],
    ['UTF-16 BE', (content: string) => utf16be(`\ufeff${content}`)],
    ['Windows-1252', (content: string) => Buffer.from(content, 'latin1')],
  ])('%s is exact with every separator and line end, within quotes too', async (_, encode) => {
    for (const separator of [',', ';', '\t', '|'])
      for (const end of ['\n', '\r\n', '\r']) {
        const cells = [`Andr\xe9${separator}"x"`, `d\xe9j\xe0${end}vu`, '\xfc'];
        const quoted = cells.map((cell) => `"${cell.replaceAll('"', '""')}"`);
        const lines = [['user', 'at', 'v'], quoted, ['Zo\xeb', '1', ''], quoted];
        const { rows } = await read(encode(lines.map((line) => line.join(separator)).join(end)));
        const [user, at, v] = cells;
        expect({ separator, end, rows }).toEqual({
          separator,
          end,
          rows: [
            { user, at, v },
            { user: 'Zo\xeb', at: '1', v: '' },
            { user, at, v },
          ],
        });
      }
  });

  it('is Windows-1252 when there is no valid character beyond ASCII and all bytes are in it', async () => {
    const { rows, said } = await read(Buffer.from('user,at\nAndr\xe9,\x805 \x96 x\nAndr\xe8,y\n', 'latin1'));
    expect(rows).toEqual([
      { user: 'André', at: '€5 – x' },
      { user: 'Andrè', at: 'y' },
    ]);
    expect(said).toContain('windows-1252');
  });

  it('is UTF-8 when characters and other bytes are mixed: the wrong rows alone are unreadable', async () => {
    const bytes = Buffer.concat([
      Buffer.from('user,at\nZoë,1\n'),
      Buffer.from('Andr\xe9,2\n', 'latin1'),
      Buffer.from('Łódź \ufffd,3\n'),
    ]);
    expect((await read(bytes)).rows).toEqual([
      { user: 'Zoë', at: '1' },
      wrong('the byte 0xe9 is not valid UTF-8', 'André,2'),
      { user: 'Łódź \ufffd', at: '3' },
    ]);
  });

  it('can be set: bytes that are not valid in it make their row unreadable', async () => {
    const bytes = Buffer.from('user,at\nAndr\xe9,1\nx\x81y,2\n', 'latin1');
    expect((await read(bytes, { encoding: 'utf-8' })).rows).toEqual([wrong('0xe9'), wrong('0x81')]);
    expect((await read(bytes, { encoding: 'windows-1252' })).rows).toEqual([
      { user: 'André', at: '1' },
      wrong('0x81 is not valid Windows-1252'),
    ]);
    expect((await read(bytes, { encoding: 'latin1' })).rows[1]).toEqual({ user: 'x\x81y', at: '2' });
  });

  it('loses half of a UTF-16 pair with its row alone', async () => {
    const bytes = Buffer.from('\ufeffuser,at\nx\ud83d,1\ny😀,2\n', 'utf16le');
    expect((await read(bytes)).rows).toEqual([wrong('not valid UTF-16LE'), { user: 'y😀', at: '2' }]);
  });

  it.each(['ndjson', 'lines'] as const)('is strict for %s too', async (format) => {
    const bytes = Buffer.concat([Buffer.from('"é"\n'), Buffer.from('"\xe9"\n', 'latin1'), Buffer.from('"b"\n')]);
    const { rows } = await read(bytes, { format });
    expect(rows).toEqual([format === 'lines' ? '"é"' : 'é', wrong('0xe9'), format === 'lines' ? '"b"' : 'b']);
  });

  it('is found far behind the beginning, over the ends of what is read at once', async () => {
    const filler = 'a,b\n'.repeat(65_536);
    const { rows, said } = await read(Buffer.from(`user,at\n${filler}é,€\n${filler}`));
    expect(said).toContain('utf-8');
    expect(rows[65_536]).toEqual({ user: 'é', at: '€' });
    const late = await read(Buffer.from(`user,at\n${filler}\xe9,x\n`, 'latin1'));
    expect(late.said).toContain('windows-1252');
    expect(late.rows.at(-1)).toEqual({ user: 'é', at: 'x' });
  });
});

describe('a wrong quote costs its own row', () => {
  const good = (user: string) => ({ user, v: '1' });
  it.each([
    ['text behind a closing quote', 'b,"x" y', 'text follows the quote'],
    ['a quote in the middle', 'b,x"y', 'a quote stands in the middle'],
    ['a quote in the middle and too many fields', 'b,x"y,z,"q"', 'a quote stands in the middle'],
    ['a quote that is not closed', 'b,"x', 'quote'],
    ['too many fields', 'b,x,y', 'has 3 fields, not 2'],
  ])('%s', async (_, row, reason) => {
    const { rows } = await read(`user,v\na,1\n${row}\nc,"1"\nd,"1"\ne,1\n`);
    expect(rows).toEqual([good('a'), wrong(reason, row), good('c'), good('d'), good('e')]);
  });

  it('in every third row, with every line end, and over the ends of what is read at once', async () => {
    const count = 3_000;
    for (const end of ['\n', '\r\n', '\r']) {
      const lines = Array.from({ length: count }, (_, row) => (row % 3 === 1 ? `${row},"x" y` : `${row},"1"`));
      const { rows } = await read(['user,v', ...lines].join(end));
      expect(rows).toHaveLength(count);
      expect(rows.filter((row) => row instanceof Unreadable)).toHaveLength(count / 3);
      expect(rows[count - 1]).toEqual(good(String(count - 1)));
    }
  });

  it('when it is never closed in a file larger than a row may be', async () => {
    const filler = `${'x'.repeat(98)},1\n`.repeat(30_000);
    const { rows } = await read(`user,v\nb,"x\n${filler}`);
    expect(rows).toHaveLength(30_001);
    expect(rows[0]).toEqual(wrong('quote', 'b,"x'));
  });

  it('at the end of the file, and when a row is too long', async () => {
    expect((await read('user,v\na,1\nb,"x')).rows).toEqual([good('a'), wrong('not closed', 'b,"x')]);
    const { rows } = await read(`user,v\n${'x'.repeat(3_000_000)},1\nc,1\n`);
    expect(rows).toEqual([wrong('longer than'), good('c')]);
  });

  it('but not in the header', async () => {
    await expect(read('user,"v" x\na,1\n')).rejects.toThrow('The header cannot be read');
  });
});

describe('JSON', () => {
  const events = [{ user: 'a', list: ['x', { y: ']' }] }, { user: 'b"\\' }, { user: 'c' }];
  it.each([
    ['a pretty array', JSON.stringify(events, null, 1)],
    ['an array on one line', JSON.stringify(events)],
    ['an array with a mark and blank space', `\ufeff \n${JSON.stringify(events, null, 2)}\n\n`],
    ['an array with an element a line', `[\r\n${events.map((event) => JSON.stringify(event)).join(',\r\n')}\r\n]\r\n`],
    ['objects over several lines', events.map((event) => JSON.stringify(event, null, 2)).join('\n')],
    ['lines', events.map((event) => JSON.stringify(event)).join('\n')],
    ['lines with a mark', `\ufeff${events.map((event) => JSON.stringify(event)).join('\n')}`],
    ['joined files with a mark each', events.map((event) => `\ufeff${JSON.stringify(event)}\n`).join('')],
    ['an array that an answer holds', JSON.stringify({ events })],
    [
      'an array that an answer holds, over lines',
      JSON.stringify({ data: events, next: ['x', { y: 1 }], more: false }, null, 1),
    ],
    [
      'an array with an element a line in an object',
      `{"Records":[\n${events.map((event) => JSON.stringify(event)).join(',\n')}\n]}`,
    ],
    ['lines that end with a comma', events.map((event) => `${JSON.stringify(event)},\n`).join('')],
    ['a JSON text sequence', events.map((event) => `\u001e${JSON.stringify(event)}\n`).join('')],
  ])('may be %s', async (_, text) => {
    expect((await read(text, { format: 'ndjson' })).rows).toEqual(events);
  });

  it('may be an array that is larger than the memory for a row', async () => {
    const many = Array.from({ length: 60_000 }, (_, number) => ({ number, text: 'é'.repeat(20) }));
    for (const indent of [0, 1]) {
      const { rows, said } = await read(JSON.stringify(many, null, indent), { format: 'ndjson' });
      expect(rows).toEqual(many);
      expect(said).toBe('one JSON array, utf-8');
    }
  });

  it('keeps lines that are arrays apart from a file that is one', async () => {
    expect((await read('[1,2]\n[3]\n', { format: 'ndjson' })).rows).toEqual([[1, 2], [3]]);
    expect((await read('[1,2]\n', { format: 'ndjson' })).rows).toEqual([1, 2]);
  });

  it('keeps objects that hold an array apart from a file that is one', async () => {
    const lines = '{"events":[{"a":1}]}\n{"events":[{"a":2}]}\n';
    expect((await read(lines, { format: 'ndjson' })).rows).toEqual([{ events: [{ a: 1 }] }, { events: [{ a: 2 }] }]);
    const order = { items: [{ sku: 1 }], user: 'a' };
    expect((await read(JSON.stringify(order), { format: 'ndjson' })).rows).toEqual([order]);
    const { rows, said } = await read('{"events":[\n{"a":1},\n{"a":2}', { format: 'ndjson' });
    expect(rows).toEqual([{ a: 1 }, wrong('cut short')]);
    expect(said).toBe('one JSON array in an object, utf-8');
    expect((await read('{"events":[\n{"a":1}\n]} x', { format: 'ndjson' })).rows).toEqual([
      { a: 1 },
      wrong('text follows'),
    ]);
  });

  it('names the wrong element of an array, and an end that is missing', async () => {
    expect((await read('[\n{"a":1},\n{"a":x},\n{"a":3}\n]', { format: 'ndjson' })).rows).toEqual([
      { a: 1 },
      wrong('is not JSON', '{"a":x}'),
      { a: 3 },
    ]);
    expect((await read('[\n{"a":1},\n{"a":2', { format: 'ndjson' })).rows).toEqual([{ a: 1 }, wrong('cut short')]);
    expect((await read('[\n{"a":1}\n] x', { format: 'ndjson' })).rows).toEqual([{ a: 1 }, wrong('text follows')]);
    expect((await read('[{"a":1}]\n[{"a":2},\n{"a":3}]', { format: 'ndjson' })).rows).toEqual([
      [{ a: 1 }],
      wrong('is not JSON'),
      wrong('is not JSON'),
    ]);
  });
});

describe('lines', () => {
  it('lose a mark at their start', async () => {
    expect((await read('\ufeffone\ntwo\r\n', { format: 'lines' })).rows).toEqual(['one', 'two']);
    expect((await read('one\rtwo\r', { format: 'lines' })).rows).toEqual(['one', 'two']);
  });
});

describe('gzip', () => {
  const packed = gzipSync(linesOf(',').join('\n'));
  it('is known by its bytes, whatever the name', async () => {
    expect((await read(packed, {}, 'a.csv.gz')).rows).toEqual(three);
    expect((await read(packed, {}, 'a.csv')).rows).toEqual(three);
    expect((await read(linesOf(',').join('\n'), {}, 'b.csv.gz')).rows).toEqual(three);
    expect((await read(Buffer.concat([packed, gzipSync('\ndan,x,4\n')]))).rows).toHaveLength(4);
  });

  it('is refused as a whole when it is cut short or damaged', async () => {
    await expect(read(packed.subarray(0, -12), {}, 'short.csv.gz')).rejects.toThrow(
      'short.csv.gz ends in the middle of its gzip data',
    );
    const damaged = Buffer.from(packed);
    damaged[packed.length - 6] = (damaged[packed.length - 6] as number) ^ 0xff;
    await expect(read(damaged, {}, 'bad.csv.gz')).rejects.toThrow('bad.csv.gz is not whole gzip data');
  });

  it('and other files that cannot be read are named', async () => {
    const request = { format: 'csv', hasHeader: true } as const;
    await expect(surveyFile(join(folder, 'none.csv'), request)).rejects.toThrow('none.csv does not exist');
    await expect(surveyFile(folder, request)).rejects.toThrow('is a folder');
    await expect(read(Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]))).rejects.toThrow('UTF-32');
  });
});

describe('an integer beyond 2^53', () => {
  const big = { user: '90071992547409931', list: ['-9007199254740993'], at: '1710072000123456789', small: 7 };
  const json = '{"user":90071992547409931,"list":[-9007199254740993],"at":1710072000123456789,"small":7}';

  it.each([
    ['lines', `${json}\n${json}\n`],
    ['an array', `[${json},\n${json}]`],
    ['objects over several lines', json.replaceAll(',"', ',\n"').replaceAll('{', '{\n').repeat(2)],
  ])('is the text that was written, in %s', async (_, text) => {
    expect((await read(text, { format: 'ndjson' })).rows).toEqual([big, big]);
  });

  it('is a time in nanoseconds all the same', () => {
    const event = withTime({ event: 'A', timestamp: big.at }, undefined);
    expect(sentTimeMs(event.timestamp)).toBe(1_710_072_000_123);
  });
});
