/**
 * Bytes: the content of a file as a stream, unpacked when it is gzip. The first bytes tell, not the name.
 *
 * A file that cannot be read, or whose gzip data is damaged or ends too early, throws a CliError that names it.
 */
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { explainFailure } from '../../kit/failures.ts';

const READ_SIZE_BYTES = 256 * 1024;
const GZIP_MAGIC = [0x1f, 0x8b];

/** `onStored` receives each chunk as it lies on disk, still packed when the file is. */
export async function* openBytes(path: string, onStored: (chunk: Buffer) => void = () => {}): AsyncGenerator<Buffer> {
  const isPacked = isGzip(path);
  const file = createReadStream(path, { highWaterMark: READ_SIZE_BYTES });
  file.on('data', (chunk) => onStored(chunk as Buffer));
  file.pause();
  try {
    if (!isPacked) return yield* file as AsyncIterable<Buffer>;
    const unpacked = createGunzip({ chunkSize: READ_SIZE_BYTES });
    file.on('error', (error) => unpacked.destroy(error));
    yield* file.pipe(unpacked) as AsyncIterable<Buffer>;
  } catch (error) {
    throw unreadable(path, error as NodeJS.ErrnoException);
  } finally {
    file.destroy();
  }
}

function isGzip(path: string): boolean {
  const start = Buffer.alloc(GZIP_MAGIC.length);
  try {
    const file = openSync(path, 'r');
    try {
      readSync(file, start);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw unreadable(path, error as NodeJS.ErrnoException);
  }
  return GZIP_MAGIC.every((byte, index) => start[index] === byte);
}

/** The failure in the words of every command; gzip's errors do not name their file by themselves. */
function unreadable(path: string, error: NodeJS.ErrnoException): unknown {
  return explainFailure(Object.assign(error, { path })) ?? error;
}
