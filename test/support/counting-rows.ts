// Counting rows: rule B7 written out plainly for the rows of one day, for tests to compare readers with.

export interface ComparedRow {
  readonly id: string;
  /** The sender's key as sent, or its hash. */
  readonly key: string | bigint;
  readonly sender: string | null;
  readonly receivedAt: number;
}

/** The indexes of the rows that count, ascending. Rows of equal receipts count in the order given. */
export function countingRows(rows: readonly ComparedRow[]): number[] {
  const trusted = new Map<string, number>();
  const others = new Map<string, number>();
  for (const [index, row] of rows.entries()) {
    const isTrusted = row.sender === 'server' || row.sender === 'import';
    const [firsts, event] = isTrusted ? [trusted, row.id] : [others, `${row.id} ${row.key}`];
    const known = firsts.get(event);
    if (known === undefined || isBefore(row, rows[known]!)) firsts.set(event, index);
  }
  const dropped = new Set<number>();
  for (const index of others.values()) {
    const { id, key, sender } = rows[index]!;
    const rival = trusted.get(id);
    if (rival === undefined || rows[rival]!.key !== key) continue;
    dropped.add(sender === 'browser' ? index : rival);
  }
  return [...trusted.values(), ...others.values()].filter((index) => !dropped.has(index)).sort((a, b) => a - b);
}

/** A live row comes before an imported one, whatever their receipts, where both are trusted. */
function isBefore(left: ComparedRow, right: ComparedRow): boolean {
  const isTrusted = left.sender === 'server' || left.sender === 'import';
  if (isTrusted && left.sender !== right.sender) return left.sender === 'server';
  return left.receivedAt < right.receivedAt;
}
