/**
 * Protobuf: the wire format of protocol buffers, read by a table of fields and written for two small messages.
 *
 * Refused: `protobufjs` with its reflection, which compiles a decoder with `eval`, and the platform has none. A table of nine
 * messages is shorter than generated code.
 * Reference: https://protobuf.dev/programming-guides/encoding/
 */

/** The kind of a field; a table is that of a message within. `raw` keeps the bytes. */
export type Kind =
  | 'text'
  | 'hex'
  | 'base64'
  | 'bool'
  | 'int'
  | 'int64'
  | 'fixed64'
  | 'fixed32'
  | 'double'
  | 'raw'
  | (() => Message);

export interface Field {
  readonly name: string;
  readonly kind: Kind;
  readonly isList?: boolean;
}

/** Fields by their numbers. */
export type Message = Readonly<Record<number, Field>>;

/** Nesting of messages, which ends a body that is nothing but beginnings. */
const DEPTH_MAX = 32;
/** Entries of a list that are read. As JSON so many are larger than an event and more than the events of a request. */
const LIST_LENGTH_MAX = 20_000;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes are no message of the table. */
export class ProtobufFault extends Error {}

/** Reads a message as its JSON form. Unknown fields are left out. Throws ProtobufFault, or TypeError for text that is no UTF-8. */
export function readMessage(bytes: Uint8Array, message: Message, depth = 0): Record<string, unknown> {
  if (depth > DEPTH_MAX) throw new ProtobufFault(`messages are at most ${DEPTH_MAX} levels deep`);
  const input = new Input(bytes);
  const result: Record<string, unknown> = {};
  while (!input.isAtEnd) {
    const tag = input.number();
    const field = message[Math.floor(tag / 8)];
    const wireType = tag % 8;
    if (field === undefined || isListFull(result, field)) input.skip(wireType);
    else add(result, field, readValue(input, wireType, field.kind, depth));
  }
  return result;
}

function isListFull(result: Record<string, unknown>, { name, isList }: Field): boolean {
  return isList === true && Array.isArray(result[name]) && result[name].length >= LIST_LENGTH_MAX;
}

function add(result: Record<string, unknown>, { name, isList }: Field, value: unknown): void {
  if (isList !== true) result[name] = value;
  else if (Array.isArray(result[name])) result[name].push(value);
  else result[name] = [value];
}

function readValue(input: Input, wireType: number, kind: Kind, depth: number): unknown {
  if (typeof kind === 'function') return readMessage(input.chunk(wireType), kind(), depth + 1);
  switch (kind) {
    case 'text':
      return utf8.decode(input.chunk(wireType));
    case 'raw':
      return input.chunk(wireType);
    case 'hex':
      return Array.from(input.chunk(wireType), (byte) => byte.toString(16).padStart(2, '0')).join('');
    case 'base64':
      return btoa(Array.from(input.chunk(wireType), (byte) => String.fromCharCode(byte)).join(''));
    case 'bool':
      return input.integer(wireType) !== 0n;
    case 'int':
      return Number(BigInt.asIntN(32, input.integer(wireType)));
    case 'int64':
      return BigInt.asIntN(64, input.integer(wireType)).toString();
    case 'fixed64':
      return input.fixed(wireType, 1, 8).getBigUint64(0, true).toString();
    case 'fixed32':
      return input.fixed(wireType, 5, 4).getUint32(0, true);
    case 'double':
      return input.fixed(wireType, 1, 8).getFloat64(0, true);
  }
}

class Input {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.byteLength;
  }

  /** A varint as a number, exact up to 2^53. Tags and lengths are many and small: a BigInt of each takes ten times as long. */
  number(): number {
    let value = 0;
    let unit = 1;
    for (let count = 0; count < 10; count++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new ProtobufFault('a number is cut short');
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
      unit *= 0x80;
    }
    throw new ProtobufFault('a number has more than ten bytes');
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new ProtobufFault('a number is cut short');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new ProtobufFault('a number has more than ten bytes');
  }

  integer(wireType: number): bigint {
    if (wireType !== 0) throw new ProtobufFault('a number has another type');
    return this.varint();
  }

  chunk(wireType: number): Uint8Array {
    if (wireType !== 2) throw new ProtobufFault('a text or message has another type');
    return this.#take(this.number());
  }

  fixed(wireType: number, wanted: number, sizeBytes: number): DataView {
    if (wireType !== wanted) throw new ProtobufFault('a number has another type');
    const { buffer, byteOffset } = this.#take(sizeBytes);
    return new DataView(buffer, byteOffset, sizeBytes);
  }

  skip(wireType: number): void {
    if (wireType === 0) this.number();
    else if (wireType === 1) this.#pass(8);
    else if (wireType === 2) this.#pass(this.number());
    else if (wireType === 5) this.#pass(4);
    else throw new ProtobufFault(`there is no type ${wireType}`);
  }

  #take(sizeBytes: number): Uint8Array {
    const from = this.#at;
    this.#pass(sizeBytes);
    return this.#bytes.subarray(from, this.#at);
  }

  #pass(sizeBytes: number): void {
    this.#at += sizeBytes;
    if (this.#at > this.#bytes.byteLength) throw new ProtobufFault('a field is cut short');
  }
}

/** A field that is a number of at least 0. */
export function numberField(number: number, value: number): number[] {
  return value === 0 ? [] : [...varintOf(number << 3), ...varintOf(value)];
}

/** A field that is a text or a message. */
export function chunkField(number: number, chunk: Iterable<number>): number[] {
  const bytes = [...chunk];
  return bytes.length === 0 ? [] : [...varintOf((number << 3) | 2), ...varintOf(bytes.length), ...bytes];
}

export function textField(number: number, text: string): number[] {
  return chunkField(number, new TextEncoder().encode(text));
}

function varintOf(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 0x80);
  }
}
