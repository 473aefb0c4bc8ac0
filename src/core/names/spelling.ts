/** Spelling: the distance between two names, so that a misspelt one is answered with those that it may stand for. */
import { compareCodePoints } from '../std/text.ts';

/** Letters compared of each name: the work grows with their square, and there may be thousands of long names. */
const LETTERS_MAX = 64;

/** Returns at most `max` of the names, those spelt most alike first. */
export function nearestNames(name: string, names: Iterable<string>, max: number): string[] {
  const distances = new Map(Array.from(names, (each) => [each, spellingDistance(name, each)]));
  const near = [...distances.keys()].sort((a, b) => distances.get(a)! - distances.get(b)! || compareCodePoints(a, b));
  return near.slice(0, max);
}

/**
 * Returns the number of letters to insert, delete or exchange to turn one name into the other (Levenshtein, 1965); case
 * does not count, and the letters of a long name beyond `LETTERS_MAX` neither.
 */
export function spellingDistance(left: string, right: string): number {
  const [from, to] = [left, right].map((name) => name.slice(0, LETTERS_MAX).toLowerCase()) as [string, string];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const exchanged = row[j]! + (from[i] === to[j] ? 0 : 1);
      next.push(Math.min(exchanged, row[j + 1]! + 1, next[j]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
