/**
 * Visitor: the address and the user agent of the person behind a request, of which the edge makes the pseudonym of an event
 * that names nobody (edge/enrich/pseudonym.ts). Neither is stored.
 */
import type { RequestHead } from './head.ts';

export interface Visitor {
  /** Null where the platform tells none, as on a local stack. */
  readonly address: string | null;
  readonly userAgent: string | null;
}

const NOTHING_TOLD: Visitor = { address: null, userAgent: null };

/** The sender of a request. */
export function visitorOf({ headers }: { readonly headers: Headers }): Visitor {
  return { address: headers.get('cf-connecting-ip'), userAgent: headers.get('user-agent') };
}

/** The visitor of a request of a vendor without ids, and the context that asks for their pseudonym. */
export interface Visit {
  readonly visitor: Visitor;
  /** `ip` says that the visitor is elsewhere, so that the place of the sender is not taken for theirs. */
  readonly context: { readonly cookieless: true; readonly ip?: string };
}

/** `told` wins, then `X-Forwarded-For`, in which a server names its visitor, then the sender itself. */
export function visitOf(head: RequestHead, told: Visitor = NOTHING_TOLD): Visit {
  const sender = visitorOf(head);
  const forwarded = head.headers.get('x-forwarded-for')?.split(',')[0]?.trim();
  const address = told.address || forwarded || sender.address;
  const isElsewhere = address !== null && sender.address !== null && address !== sender.address;
  const visitor = { address, userAgent: told.userAgent ?? sender.userAgent };
  return { visitor, context: { cookieless: true, ...(isElsewhere && { ip: address }) } };
}
