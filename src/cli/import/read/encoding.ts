/**
 * Encoding: how the bytes of a file stand for characters, and the strict reading of them.
 *
 * Rows are cut before characters are read where that is safe: in UTF-8 and in single-byte encodings a line end, a quote
 * and a separator are single bytes. The rows of a file that is not wholly valid travel as Latin-1, one character a byte,
 * and each text is read strictly at the end: an invalid byte then costs its own row. UTF-16 is turned into UTF-8 first.
 */
import { isUtf8 } from 'node:buffer';
import { UsageError } from '../../kit/command.ts';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252' | 'latin1';

export interface Codec {
  readonly encoding: Encoding;
  /** The reading of bytes as the text that is cut into rows. */
  readonly stage: 'utf8' | 'latin1';
  /** Reads a text of a row for good; undefined when it is not valid. Null when there is nothing left to do. */
  readonly finish: ((text: string) => string | undefined) | null;
}

const NAMES: Readonly<Record<string, Encoding>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'utf-16le': 'utf-16le',
  utf16le: 'utf-16le',
  'utf-16be': 'utf-16be',
  utf16be: 'utf-16be',
  'windows-1252': 'windows-1252',
  cp1252: 'windows-1252',
  latin1: 'latin1',
  'latin-1': 'latin1',
  'iso-8859-1': 'latin1',
};

export function parseEncoding(name: string): Encoding {
  const encoding = NAMES[name.toLowerCase()];
  if (!encoding)
    throw new UsageError(`--encoding takes utf-8, utf-16le, utf-16be, windows-1252 or latin1, not "${name}"`);
  return encoding;
}

const REPLACEMENT = '\ufffd';

/** `isValid` tells that the whole file has been found to be valid UTF-8, which saves looking at each row. */
export function codecOf(encoding: Encoding, isValid: boolean): Codec {
  if (encoding === 'utf-8') {
    return isValid ? { encoding, stage: 'utf8', finish: null } : { encoding, stage: 'latin1', finish: strictUtf8 };
  }
  if (encoding === 'latin1') return { encoding, stage: 'latin1', finish: null };
  if (encoding === 'windows-1252') return { encoding, stage: 'latin1', finish: strictWindows1252 };
  return { encoding, stage: 'utf8', finish: (text) => (text.includes(REPLACEMENT) ? undefined : text) };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the bytes outside of ASCII begin at 0x80
const NOT_ASCII = /[^\x00-\x7f]/;

function strictUtf8(text: string): string | undefined {
  if (!NOT_ASCII.test(text)) return text;
  const bytes = Buffer.from(text, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : undefined;
}

/** The characters of the bytes 0x80 to 0x9f, in which Windows-1252 differs from Latin-1; a gap where it has none. */
const WINDOWS_1252 = '€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ';
/** The bytes that Windows-1252 leaves undefined. */
export const WINDOWS_1252_GAPS: readonly number[] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

function strictWindows1252(text: string): string | undefined {
  if (/[\x81\x8d\x8f\x90\x9d]/.test(text)) return undefined;
  return text.replace(/[\x80-\x9f]/g, (char) => WINDOWS_1252[char.charCodeAt(0) - 0x80] as string);
}

/** The reason why a text is not valid in its encoding, with the first bytes that are not. */
export function invalidReason(text: string, { encoding, stage }: Codec): string {
  if (stage === 'utf8') return `it has half of a character that is not valid ${encoding.toUpperCase()}`;
  const byte =
    encoding === 'utf-8'
      ? firstInvalidUtf8(Buffer.from(text, 'latin1'))
      : /[\x81\x8d\x8f\x90\x9d]/.exec(text)?.[0]?.charCodeAt(0);
  const name = encoding === 'utf-8' ? 'UTF-8' : 'Windows-1252';
  return `the byte 0x${(byte ?? 0).toString(16)} is not valid ${name} (--encoding names another)`;
}

function firstInvalidUtf8(bytes: Buffer): number | undefined {
  for (let index = 0; index < bytes.length; ) {
    const size = utf8SizeAt(bytes, index);
    if (size === 0) return bytes[index];
    index += size;
  }
}

/** The number of bytes of the character at `index`; 0 when there is no valid one. */
export function utf8SizeAt(bytes: Uint8Array, index: number): number {
  const first = bytes[index] as number;
  if (first < 0x80) return 1;
  const size =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  return size > 0 && isUtf8(bytes.subarray(index, index + size)) && index + size <= bytes.length ? size : 0;
}

/** Reads the bytes of a row for a report: characters that are not valid are shown as Windows-1252 has them. */
export function shownText(text: string, { stage }: Codec): string {
  if (stage === 'utf8') return text;
  return strictUtf8(text) ?? text.replace(/[\x80-\x9f]/g, (char) => WINDOWS_1252[char.charCodeAt(0) - 0x80] as string);
}

/** The bytes without the mark at their start, as UTF-8 when they are UTF-16. */
export async function* toStage(
  source: AsyncIterable<Buffer>,
  encoding: Encoding,
  bomSizeBytes: number,
): AsyncGenerator<Buffer> {
  const isWide = encoding === 'utf-16le' || encoding === 'utf-16be';
  const decoder = isWide ? new TextDecoder(encoding, { fatal: false, ignoreBOM: true }) : null;
  let skip = bomSizeBytes;
  for await (const chunk of source) {
    const bytes = skip > 0 ? chunk.subarray(skip) : chunk;
    skip -= chunk.length - bytes.length;
    if (bytes.length > 0) yield decoder ? Buffer.from(decoder.decode(bytes, { stream: true })) : bytes;
  }
  const rest = decoder?.decode();
  if (rest) yield Buffer.from(rest);
}
