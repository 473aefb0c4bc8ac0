/** Listing: a list that comes a page at a time; further pages follow below those that are there. */
import { useState } from 'preact/hooks';
import { type Asked, type AskRequest, useAsk } from './ask.ts';

export interface Listing<Page, Item> {
  readonly asked: Asked<Page>;
  /** The items of all pages that have come. */
  readonly items: readonly Item[];
  /** Asks for the next page; null when there is none, and while one is awaited or failed. */
  readonly more: (() => void) | null;
}

interface CursorPage {
  readonly cursor: string | null;
}

/** The request is a POST without its page. A component that asks for another list takes another key. */
export function useListing<Page extends CursorPage, Item>(
  request: AskRequest,
  pageSize: number,
  itemsOf: (page: Page) => readonly Item[],
): Listing<Page, Item> {
  const [before, setBefore] = useState<{ readonly items: readonly Item[]; readonly last: Page | null }>({
    items: [],
    last: null,
  });
  const { items: earlier, last } = before;
  const cursor = last?.cursor ?? null;
  const body = { ...(request.body as object), limit: pageSize, ...(cursor !== null && { cursor }) };
  const asked = useAsk<Page>({ ...request, body });
  const page = asked.data;
  // Until the next page comes, and when it fails, the answer is still that of the page before.
  if (page === undefined || page === last) return { asked, items: earlier, more: null };
  const items = [...earlier, ...itemsOf(page)];
  const more = page.cursor === null ? null : () => setBefore({ items, last: page });
  return { asked, items, more };
}
