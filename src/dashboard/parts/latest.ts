/**
 * Latest: the newest events as rows of a table. A row that stays is not touched, so the table does not flicker; a new
 * row is highlighted.
 */
import type { ListedEvent } from '../../wire/events.ts';
import { element, formatSecond } from './dom.ts';

export interface Latest {
  show(events: readonly ListedEvent[]): void;
}

export function createLatest(): Latest {
  const body = element('latest') as HTMLTableSectionElement;
  let rows = new Map<string, HTMLTableRowElement>();
  let isFirst = true;
  return {
    show(events) {
      const next = new Map<string, HTMLTableRowElement>();
      for (const event of events) {
        const key = `${event.timestamp} ${event.id}`;
        next.set(key, rows.get(key) ?? rowOf(event, !isFirst));
      }
      for (const [key, row] of rows) if (!next.has(key)) row.remove();
      let before = body.firstElementChild;
      for (const row of next.values()) {
        if (row === before) before = row.nextElementSibling;
        else body.insertBefore(row, before);
      }
      rows = next;
      isFirst = false;
      element('latest-empty').hidden = events.length > 0;
    },
  };
}

function rowOf(event: ListedEvent, isFresh: boolean): HTMLTableRowElement {
  const row = document.createElement('tr');
  row.dataset.id = event.id;
  if (isFresh) row.className = 'fresh';
  const properties = Object.keys(event.properties).length === 0 ? '' : JSON.stringify(event.properties);
  const texts = [
    formatSecond(Date.parse(event.timestamp)),
    event.event || event.type,
    event.userId ?? event.anonymousId ?? '–',
    properties,
  ];
  for (const [i, text] of texts.entries()) {
    const cell = row.insertCell();
    cell.textContent = text;
    cell.title = i === 0 ? event.timestamp : text;
  }
  return row;
}
