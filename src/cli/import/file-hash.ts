/**
 * File hash: the SHA-256 of a file's bytes on disk in hexadecimal, from which the ids of rows and imports are made.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { CliError } from '../kit/command.ts';

export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  } catch (error) {
    throw new CliError(`${path} cannot be read: ${(error as Error).message}`, undefined, { cause: error });
  }
  return hash.digest('hex');
}
