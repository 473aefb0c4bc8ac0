/**
 * History: what a vendor exports, or a server logs, as rows and a mapping: `tidemark import --from NAME FILE…`. The contract
 * of this folder.
 *
 * A format is one file here and one line in formats.ts. It opens a mapping for each file, in the order of its rows, so a
 * mapping may keep what the rows before it said: the names of a log's fields, the links that are told already. The same file
 * gives the same events each time.
 *
 * Exports whose rows look like what the vendor's SDK sends go through the vendor's adapter (edge/protocols): a person in
 * history is then the same person as live.
 */
import type { Format, Mapping } from '../mapping.ts';

export interface HistoryFormat {
  /** Default: told by the file's name. */
  readonly format?: Format;
  open(): Mapping<unknown>;
}
