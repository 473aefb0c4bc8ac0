/** Version: the number of a version of an import, which the server draws before the first chunk is sent. */
import type { WireImportDrawn } from '../../wire/ingest.ts';
import type { ProblemDocument } from '../../wire/problem.ts';
import type { Client } from '../kit/client.ts';
import { CliError } from '../kit/command.ts';
import { importPath } from './status.ts';

export interface VersionWish {
  readonly fingerprint: string;
  readonly replace: boolean;
}

type Answer = WireImportDrawn & Pick<ProblemDocument, 'detail'>;

/** Draws a version, or goes on with the one of the same fingerprint. Throws what the user can do when the import exists. */
export async function drawVersion(
  client: Client,
  importId: string,
  wish: VersionWish,
): Promise<Pick<WireImportDrawn, 'version' | 'isNew'>> {
  const path = `${importPath(importId)}/versions`;
  const { status, body } = await client.call<Answer>(path, { method: 'POST', body: wish, allow: [409] });
  if (status === 409) throw new CliError(`${body.detail}`, CHOICES);
  return body;
}

const CHOICES = `
Nothing was sent. Choose:
  --replace    these events take the place of those that the import has now
  --id NAME    the files are imported once more, beside them, as rows of their own`.trimStart();
