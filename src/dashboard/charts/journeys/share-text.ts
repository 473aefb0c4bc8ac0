/** ShareText: a share of one as a percentage with one digit, as tables of journeys compare them. */

/** 29.3 %; a dash for null, of which there is no share. */
export function shareText(share: number | null): string {
  if (share === null) return '–';
  const text = (share * 100).toFixed(1);
  return `${text.endsWith('.0') ? text.slice(0, -2) : text}\u202f%`;
}
