/** Undo: `tidemark import undo ID` takes an import back, and waits until its days are sealed without it. */
import type { WireImportStatus } from '../../wire/ingest.ts';
import { Client } from '../kit/client.ts';
import { type Args, type Io, UsageError } from '../kit/command.ts';
import { findServer } from '../kit/keys.ts';
import { startProgress } from '../kit/progress.ts';
import { formatNumber } from '../kit/table.ts';
import { confirmTenant } from '../kit/tenant.ts';
import { importPath, waitUntilSealed } from './status.ts';

export async function undoImport(args: Args, io: Io): Promise<number> {
  const [, importId, ...more] = args.positionals;
  if (importId === undefined || more.length > 0) throw new UsageError('name one import to undo: import undo ID');
  const tenant = args.mustText('tenant');
  const server = findServer(args, io);
  const client = new Client({ url: server.url, key: server.mustKey('write') });
  await confirmTenant(server, 'write', client, io);
  const before = await client.get<WireImportStatus>(importPath(importId));
  const rows = before.undone ? 0 : before.rows;
  const { body: undone } = await client.call<WireImportStatus>(importPath(importId), { method: 'DELETE' });
  const line = before.undone
    ? `Import ${importId} was taken back before`
    : `Import ${importId} of ${tenant} was taken back: ${formatNumber(rows)} events count no more`;
  io.out(args.flag('json') ? JSON.stringify(undone, null, 2) : line);
  if (args.flag('no-wait') || undone.sealed >= undone.of) return 0;
  const progress = startProgress(io, 'Sealing', undone.of);
  try {
    const sent = { importId, version: undone.version, chunks: 0 };
    await waitUntilSealed(client, sent, ({ sealed, days }) =>
      progress.update(sealed, `${sealed} of ${days} days sealed without it`),
    );
  } finally {
    progress.end();
  }
  return 0;
}
