// Product loader: runs a bundle with the globals of the simulator in place of the real ones. A loaded product serves
// many seeds: `bind` selects the clock and the randomness that it sees.

import { createHash, createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import { SimHeaders, SimRequest, SimResponse } from '../platform/http.ts';
import { storingZstd } from '../platform/zstd.ts';
import type * as ProductModule from './product.ts';

export type Product = typeof ProductModule;

/** The clock, randomness, log and timers that the product sees. */
export interface Surroundings {
  readonly nowMs: number;
  /** Fills the array with seeded random values. */
  random(bytes: Uint8Array): void;
  log(level: string, values: readonly unknown[]): void;
  setTimer(run: () => void, delayMs: number): number;
  clearTimer(timer: number): void;
}

const unbound: Surroundings = {
  nowMs: 0,
  random: (bytes) => bytes.fill(1),
  log: () => {},
  setTimer: () => 0,
  clearTimer: () => {},
};
let current: Surroundings = unbound;

/** Binds the products of this thread to a world: a thread simulates one world at a time. */
export function bind(surroundings: Surroundings | null): void {
  current = surroundings ?? unbound;
}

/**
 * Loads a bundle. Products with different values of `encoder` write different bytes for the same content; with null they
 * compress as the real ones do.
 */
export function loadProduct(code: string, filename: string, encoder: number | null): Product {
  const module = { exports: {} };
  const real = createRequire(import.meta.url);
  const zlib = { ...(real('node:zlib') as object), ...(encoder !== null && storingZstd(encoder)) };
  const require = (name: string) => (name === 'node:zlib' || name === 'zlib' ? zlib : real(name));
  const names = Object.keys(globals);
  const run = compileFunction(code, ['module', 'exports', 'require', ...names], { filename });
  run(module, module.exports, require, ...Object.values(globals));
  return module.exports as Product;
}

class SimDate extends Date {
  constructor(...args: [] | [number | string]) {
    super(args.length === 0 ? current.nowMs : (args[0] as number));
  }

  static override now(): number {
    return current.nowMs;
  }
}

const simCrypto = {
  getRandomValues<T extends Uint8Array>(bytes: T): T {
    current.random(bytes);
    return bytes;
  },
  randomUUID(): string {
    const bytes = new Uint8Array(16);
    current.random(bytes);
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  },
  subtle: {
    async digest(_algorithm: string, bytes: Uint8Array): Promise<ArrayBuffer> {
      return Uint8Array.from(createHash('sha256').update(bytes).digest()).buffer as ArrayBuffer;
    },
    async importKey(_format: string, bytes: ArrayBuffer): Promise<Uint8Array> {
      return new Uint8Array(bytes);
    },
    async sign(_algorithm: string, key: Uint8Array, bytes: Uint8Array): Promise<ArrayBuffer> {
      return Uint8Array.from(createHmac('sha256', key).update(bytes).digest()).buffer as ArrayBuffer;
    },
  },
};

const log =
  (level: string) =>
  (...values: unknown[]) =>
    current.log(level, values);

const globals = {
  Date: SimDate,
  crypto: simCrypto,
  console: { log: log('log'), info: log('info'), warn: log('warn'), error: log('error') },
  setTimeout: (run: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]) =>
    current.setTimer(() => run(...args), delayMs),
  clearTimeout: (timer: number) => current.clearTimer(timer),
  setInterval: () => {
    throw new Error('the product set an interval');
  },
  fetch: () => {
    throw new Error('the product called out');
  },
  Headers: SimHeaders,
  Request: SimRequest,
  Response: SimResponse,
};
