/**
 * `tidemark lake files`: lists the Parquet files of a tenant that count, as `current.json` names them, and copies them
 * out of the local stack, to where other tools read them.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type LocalLake, openLocalLake } from '../../local/lake-files.ts';
import {
  type Args,
  CliError,
  type Command,
  type Io,
  SERVER_OPTIONS,
  TENANT_OPTION,
  UsageError,
} from '../kit/command.ts';
import type { Server } from '../kit/keys.ts';
import { formatNumber, renderTable } from '../kit/table.ts';
import { openTenant } from '../kit/tenant.ts';

/** An entry of `current.json`; docs/lake.md describes it. */
interface LakeFile {
  readonly path: string;
  readonly source: string;
  readonly rows: number;
  readonly sizeBytes: number;
  readonly days: readonly string[];
}

interface Listing {
  readonly uid: string;
  readonly listPath: string;
  readonly files: readonly (LakeFile & { readonly file: string })[];
}

export const lake: Command = {
  name: 'lake',
  summary: 'List or copy the Parquet files of a tenant on the local stack',
  usage: 'files [--out DIR]',
  notes: `
The files are those that current.json lists, which is written at each seal; events since then are not in them. With
--out the command copies current.json and the files to DIR/lake/v1/<uid>/, under the names that they have in the lake.
docs/lake.md says how to read them. For a deployment, copy from the bucket.`,
  examples: ['lake files', 'lake files --tenant shop --out ./my-lake', 'lake files --json'],
  options: {
    out: { type: 'string', value: 'DIR', help: 'folder to copy the files to' },
    json: { type: 'boolean', help: 'print the list as JSON' },
    ...TENANT_OPTION,
    ...SERVER_OPTIONS,
  },
  positionalsMax: 1,
  async run(args, io) {
    if (args.positionals[0] !== 'files') throw new UsageError('the first argument is files');
    const { server, whoami } = await openTenant(args, io, 'read');
    if (!server.isLocal || !whoami)
      throw new CliError(
        `${server.url} is not a local stack`,
        'Copy lake/v1/<uid>/ from its R2 bucket instead: docs/lake.md says how.',
      );
    const opened = await openLocalLake(server.stateFolder);
    if (!opened) throw noLake(server);
    try {
      return show(listFiles(opened, whoami.uid, server), args, io);
    } finally {
      opened.close();
    }
  },
};

function noLake({ stateFolder }: Server): CliError {
  return new CliError(
    `${stateFolder} has no lake`,
    'Name the state folder of the stack that answers, with --state or TIDEMARK_STATE.',
  );
}

function listFiles(opened: LocalLake, uid: string, { tenant, stateFolder }: Server): Listing {
  const listPath = opened.fileOf(`lake/v1/${uid}/current.json`);
  if (!listPath || !existsSync(listPath))
    throw new CliError(
      `${stateFolder} has no list of files of tenant ${tenant}`,
      'The list is written at each seal: tidemark seal --from yesterday --to today',
    );
  const { files } = JSON.parse(readFileSync(listPath, 'utf8')) as { files: readonly LakeFile[] };
  return { uid, listPath, files: files.map((listed) => ({ ...listed, file: mustFile(opened, listed.path) })) };
}

function mustFile(opened: LocalLake, path: string): string {
  const file = opened.fileOf(path);
  if (file && existsSync(file)) return file;
  throw new CliError(`${path} was replaced meanwhile`, 'Run the same command again: the new list has the new file.');
}

function show(listing: Listing, args: Args, io: Io): number {
  const out = args.text('out');
  const copied = out === undefined ? undefined : copyAll(listing, resolve(io.cwd, out));
  if (args.flag('json')) {
    io.out(JSON.stringify(listing, null, 2));
    return 0;
  }
  const rows = listing.files.map(({ path, source, days, rows: count, sizeBytes, file }) => [
    source,
    days.length === 1 ? days[0] : `${days[0]} … (${days.length} days)`,
    count,
    sizeBytes,
    copied === undefined ? file : join(copied, path),
  ]);
  for (const line of renderTable(['source', 'day', 'rows', 'bytes', 'file'], rows)) io.out(line);
  io.out(`${formatNumber(listing.files.length)} files count, of the tenant with the uid ${listing.uid}`);
  if (copied !== undefined)
    for (const line of [
      'In DuckDB (docs/lake.md) these stand for the bucket and the list:',
      `  SET VARIABLE lake = '${copied}';`,
      `  ${join(copied, 'lake/v1', listing.uid, 'current.json')}`,
    ])
      io.out(line);
  return 0;
}

/** Copies the list and its files, and removes what an earlier copy of the tenant had; returns the folder. */
function copyAll({ uid, listPath, files }: Listing, folder: string): string {
  const tenantFolder = join(folder, 'lake/v1', uid);
  rmSync(tenantFolder, { recursive: true, force: true });
  const copyTo = (path: string, file: string) => {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(file, target);
  };
  for (const { path, file } of files) copyTo(path, file);
  copyTo(`lake/v1/${uid}/current.json`, listPath);
  return folder;
}
