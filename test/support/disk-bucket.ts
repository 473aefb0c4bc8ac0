// Disk bucket: the part of R2 that the lake uses, over files of a folder, so that stored objects take no memory.

import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { FakeBucket } from './fake-bucket.ts';

export class DiskBucket {
  readonly folder: string;
  reads = 0;
  readonly #metadata = new Map<string, Record<string, string> | undefined>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** This bucket under the type of the binding. */
  get binding(): R2Bucket {
    return this as unknown as R2Bucket;
  }

  /** Copies all objects of another bucket into this one. */
  async putAll(from: FakeBucket): Promise<void> {
    for (const key of from.keys()) {
      const object = await from.get(key);
      await this.put(key, new Uint8Array(await object!.arrayBuffer()));
    }
  }

  path(key: string): string {
    return join(this.folder, key);
  }

  async head(key: string) {
    if (!existsSync(this.path(key))) return null;
    const { size } = statSync(this.path(key));
    return {
      size,
      etag: createHash('sha256')
        .update(readFileSync(this.path(key)))
        .digest('hex'),
      customMetadata: this.#metadata.get(key),
    };
  }

  async get(key: string, options: { range?: { offset: number; length: number } } = {}) {
    this.reads++;
    if (!existsSync(this.path(key))) return null;
    const bytes =
      options.range === undefined ? Uint8Array.from(readFileSync(this.path(key))) : this.#range(key, options.range);
    return { arrayBuffer: async () => bytes.buffer, json: async () => JSON.parse(new TextDecoder().decode(bytes)) };
  }

  async put(
    key: string,
    value: string | Uint8Array,
    options: { onlyIf?: { etagDoesNotMatch?: string }; customMetadata?: Record<string, string> } = {},
  ) {
    if (options.onlyIf?.etagDoesNotMatch === '*' && existsSync(this.path(key))) return null;
    mkdirSync(dirname(this.path(key)), { recursive: true });
    writeFileSync(this.path(key), value);
    this.#metadata.set(key, options.customMetadata);
    return { key };
  }

  async delete(keys: string | string[]) {
    for (const key of [keys].flat()) rmSync(this.path(key), { force: true });
  }

  #range(key: string, { offset, length }: { offset: number; length: number }): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    const file = openSync(this.path(key), 'r');
    const read = readSync(file, bytes, 0, length, offset);
    closeSync(file);
    return bytes.slice(0, read);
  }
}
