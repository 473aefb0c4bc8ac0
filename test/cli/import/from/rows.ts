// A file through a format of history: the events that would be sent, and the rows that would not.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cutChunks, newRowCounts } from '../../../../src/cli/import/chunks.ts';
import { HISTORY_FORMATS } from '../../../../src/cli/import/from/formats.ts';
import { guessFormat, type ImportEvent } from '../../../../src/cli/import/mapping.ts';
import type { Refusal } from '../../../../src/cli/import/refused.ts';
import { readRows } from '../../../../src/cli/import/rows.ts';
import { surveyFile } from '../../../../src/cli/import/survey.ts';

export interface Imported {
  readonly events: readonly ImportEvent[];
  readonly refused: readonly (readonly [row: number, code: string, message: string])[];
  readonly skipped: number;
}

export async function importText(from: string, text: string, name = 'export.json'): Promise<Imported> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-from-'));
  try {
    const path = join(folder, name);
    writeFileSync(path, text);
    const format = (await HISTORY_FORMATS.find(from))!;
    const shape = await surveyFile(path, { format: format.format ?? guessFormat(path), hasHeader: true });
    const counts = newRowCounts();
    const refusals: Refusal[] = [];
    const options = { rowsMax: 1_000, idPrefix: 'f', counts, onRefused: (refusal: Refusal) => refusals.push(refusal) };
    const events: ImportEvent[] = [];
    for await (const { body } of cutChunks(readRows(path, shape), format.open(), options)) {
      for (const line of body.toString().trimEnd().split('\n')) events.push(JSON.parse(line) as ImportEvent);
    }
    return {
      events,
      refused: refusals.map(({ number, code, message }) => [number, code, message]),
      skipped: counts.skipped,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const lines = (...rows: readonly (object | string)[]): string =>
  rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join('');
