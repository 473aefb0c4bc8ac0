/** LinksById: a set of links, made of all links in the order of their kind and id, a page at a time. */
import { holdingLink, type Link, Links } from './links.ts';

export class LinksById {
  #links = Links.EMPTY;
  /** The link that holds so far of the last device: more of its links may come. */
  #last: Link | null = null;

  /** Returns the set without the last device of the page. */
  add(page: readonly Link[]): Links {
    const holding: Link[] = [];
    for (const link of page) {
      if (link.from === link.to) continue;
      if (link.kind === 'alias') holding.push(link);
      else if (this.#last?.from === link.from) this.#last = holdingLink([this.#last, link]);
      else {
        if (this.#last !== null) holding.push(this.#last);
        this.#last = link;
      }
    }
    this.#links = this.#links.with(holding);
    return this.#links;
  }

  finish(): Links {
    return this.#last === null ? this.#links : this.#links.with([this.#last]);
  }
}
