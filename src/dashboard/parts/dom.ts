/**
 * Dom: finds the elements of the page by id, and formats times and counts.
 */
export function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

const minuteFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const secondFormat = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const countFormat = new Intl.NumberFormat();

export const formatMinute = (atMs: number) => minuteFormat.format(atMs);
export const formatSecond = (atMs: number) => secondFormat.format(atMs);
export const formatCount = (count: number) => countFormat.format(count);
export const formatMs = (ms: number) => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
