// Lake: the Parquet files of a tenant as a reader outside of Tidemark finds them, with current.json and hyparquet.
// Miniflare alone opens the R2 of a stack that was stopped.

import { parquetReadObjects } from 'hyparquet';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { decompress } from '../../../src/lake/encoding/zstd.ts';
import { stateFiles } from '../../../src/local/paths.ts';

interface CurrentFile {
  readonly path: string;
  readonly source: string;
  readonly rows: number;
  readonly days: readonly string[];
}

export interface LakeRow {
  readonly id: string;
  readonly event: string;
  readonly at: Date;
  readonly key_hash: bigint;
}

export interface Lake {
  readonly files: readonly CurrentFile[];
  readonly rows: readonly LakeRow[];
}

// Node's own decompressor stops after the first of several frames.
const compressors = { ZSTD: decompress };

/** Reads the rows that count: of each file in current.json the rows of the days for which it is listed. */
export async function readLake(stateDir: string, uid: string): Promise<Lake> {
  const options = {
    modules: true,
    script: 'export default { fetch: () => new Response() }',
    compatibilityDate: '2026-10-15',
    resourcePersistencePath: stateFiles(stateDir).data,
    r2Buckets: { LAKE: 'tidemark-lake' },
    telemetry: { enabled: false },
  };
  const miniflare = new Miniflare(
    convertV4MiniflareOptions(options as unknown as Parameters<typeof convertV4MiniflareOptions>[0]),
  );
  try {
    const bucket = await miniflare.getR2Bucket('LAKE');
    const read = async (path: string) => {
      const object = await bucket.get(path);
      if (object === null) throw new Error(`The lake has no ${path}`);
      return object.arrayBuffer();
    };
    const text = new TextDecoder().decode(await read(`lake/v1/${uid}/current.json`));
    const { files } = JSON.parse(text) as { files: CurrentFile[] };
    const rows: LakeRow[] = [];
    for (const { path, days } of files) {
      const columns = ['id', 'event', 'at', 'key_hash'];
      const found = await parquetReadObjects({ file: await read(path), columns, compressors });
      for (const row of found as unknown as LakeRow[]) {
        if (days.includes(row.at.toISOString().slice(0, 10))) rows.push(row);
      }
    }
    return { files, rows };
  } finally {
    await miniflare.dispose();
  }
}
