/**
 * Lake files: where the objects of a local stack's lake are on this machine.
 *
 * The local R2 keeps each object as a file with a random name, and the names of the objects in a SQLite database beside
 * them. Both may be read while the stack runs: objects are never changed, and the database is opened read-only.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { stateFiles } from './paths.ts';

export const lakeBucket = 'tidemark-lake';

export interface LocalLake {
  /** The file that holds the object; undefined when there is no such object. */
  fileOf(objectPath: string): string | undefined;
  close(): void;
}

/** Opens the lake of a state folder; undefined when the folder has none. */
export async function openLocalLake(stateFolder: string): Promise<LocalLake | undefined> {
  const folder = join(stateFiles(stateFolder).data, 'r2');
  const databases = join(folder, 'miniflare-R2BucketObject');
  if (!existsSync(databases)) return undefined;
  const { DatabaseSync } = await importSqlite();
  const names = readdirSync(databases).filter((name) => name.endsWith('.sqlite') && name !== 'metadata.sqlite');
  const opened = names.map((name) => new DatabaseSync(join(databases, name), { readOnly: true }));
  const statements = opened.flatMap((database) => {
    const hasObjects = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = '_mf_objects'").get();
    return hasObjects ? [database.prepare('SELECT blob_id FROM _mf_objects WHERE key = ?')] : [];
  });
  return {
    fileOf(objectPath) {
      for (const statement of statements) {
        const blobId = statement.get(objectPath)?.blob_id;
        if (typeof blobId === 'string') return join(folder, lakeBucket, 'blobs', blobId);
      }
      return undefined;
    },
    close() {
      for (const database of opened) database.close();
    },
  };
}

/** Imports `node:sqlite`, which announces itself as experimental on the releases of Node that have it. */
async function importSqlite(): Promise<typeof import('node:sqlite')> {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return await import('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}
