/**
 * Lines: the bytes of a file or a stream as batches of lines, without their ends. A line longer than ROW_LENGTH_MAX is
 * unreadable and never held as a whole.
 */
import { StringDecoder } from 'node:string_decoder';
import { type Codec, codecOf, invalidReason, shownText } from './encoding.ts';
import { ROW_LENGTH_MAX, tooLong, Unreadable } from './row.ts';

export type Line = string | Unreadable;

export interface LineOptions {
  /** Default: UTF-8, each line read strictly. */
  readonly codec?: Codec;
  /** Default: `\n`, with or without a `\r` before it. */
  readonly lineEnd?: '\n' | '\r';
}

const STRICT_UTF8 = codecOf('utf-8', false);

export async function* readLines(
  source: AsyncIterable<Uint8Array | string>,
  { codec = STRICT_UTF8, lineEnd = '\n' }: LineOptions = {},
): AsyncGenerator<Line[]> {
  const decoder = new StringDecoder(codec.stage);
  let rest = '';
  let isTooLong = false;
  const finished = (line: string): Line => finishLine(line, codec);
  for await (const chunk of source) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer);
    const texts = (rest + decoder.write(bytes)).split(lineEnd);
    rest = texts.pop() as string;
    const lines = texts.map(finished);
    if (lines.length > 0 && isTooLong) {
      lines[0] = tooLong(texts[0] as string);
      isTooLong = false;
    }
    if (rest.length > ROW_LENGTH_MAX) {
      isTooLong = true;
      rest = '';
    }
    if (lines.length > 0) yield lines;
  }
  rest += decoder.end();
  if (isTooLong) yield [tooLong(rest)];
  else if (rest !== '') yield [finished(rest)];
}

function finishLine(line: string, codec: Codec): Line {
  if (line.length > ROW_LENGTH_MAX) return tooLong(line);
  const bare = line.endsWith('\r') ? line.slice(0, -1) : line;
  if (codec.finish === null) return bare;
  return codec.finish(bare) ?? new Unreadable(invalidReason(bare, codec), shownText(bare, codec));
}
