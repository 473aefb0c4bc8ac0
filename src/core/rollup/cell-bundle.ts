/**
 * Cell bundle: the cells of several rollups as one list of people and a section for each rollup.
 *
 * A day of few events has the same people in each of its rollups, and their hashes are what most of its bytes are. Here each
 * person is written once for all rollups, and a reader takes the list and the section of its rollup.
 *
 * ```text
 * list      varint people | their hashes, 8 bytes each, little-endian
 * section   varint size of the head | head: header and memberships | windows, as in shared-cells.ts
 * ```
 *
 * Head, list and windows, one after the other, are a chunk of shared-cells.ts. A section is read without the list where people
 * are skipped.
 */
import { ByteReader, ByteWriter } from '../std/bytes.ts';
import { HashIndex } from '../std/hash-index.ts';
import { compareCodePoints } from '../std/text.ts';
import type { RollupCells } from './rollup-cells.ts';
import { encodeHead, encodeWindows } from './shared-cells.ts';
import { addPlaces, type Entry, encodePeople } from './shared-people.ts';

export interface CellBundle {
  readonly people: Uint8Array;
  /** The section of each of the cells given, in their order. */
  readonly sections: readonly Uint8Array[];
}

/** The encoding is deterministic, as that of a chunk is. Each of the cells must have a window. */
export function encodeBundle(all: readonly RollupCells[]): CellBundle {
  const members = all.map((cells) => ({ cells, entries: entriesOf(cells) }));
  const places = new HashIndex();
  for (const { entries } of byMemberships(members)) addPlaces(places, entries);
  const people = new ByteWriter(8 * places.size + 10);
  encodePeople(people, places);
  const sections = members.map(({ cells, entries }) => {
    const [head, section] = [new ByteWriter(), new ByteWriter(1_024)];
    encodeHead(head, cells, { kind: 'all', entries });
    section.varint(head.length);
    section.raw(head.finish());
    encodeWindows(section, { entries, places, kind: 'all' });
    return section.finish();
  });
  return { people: people.finish(), sections };
}

/** The section as a chunk. `people`: the list; null for a reader that skips people. */
export function chunkOfSection(section: Uint8Array, people: Uint8Array | null): Uint8Array {
  const reader = new ByteReader(section);
  const chunk = new ByteWriter(section.length + (people?.length ?? 1));
  chunk.raw(reader.raw(reader.varint()));
  if (people === null) chunk.varint(0);
  else chunk.raw(people);
  chunk.raw(reader.raw(reader.left));
  return chunk.finish();
}

function entriesOf(cells: RollupCells): Entry[] {
  const windows = [...cells.windows].sort(([a], [b]) => a - b);
  return windows.flatMap(([startMs, window]) =>
    [...window]
      .sort(([a], [b]) => compareCodePoints(a, b))
      .map(([key, cell]) => ({ startMs, key, cell, words: cell.people.words() })),
  );
}

/** The rollup whose cells hold the fewest people twice comes first: the people of its cells are neighbours in the list. */
function byMemberships<M extends { readonly entries: readonly Entry[] }>(members: readonly M[]): M[] {
  const memberships = ({ entries }: M) => entries.reduce((sum, { words }) => sum + (words?.length ?? 0), 0);
  return [...members].sort((a, b) => memberships(a) - memberships(b));
}
