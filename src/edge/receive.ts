/**
 * Receive: finds the tenant of a request, and has the call parse the body.
 *
 * in: a Request, its call's way of parsing · out: tenant, body, the parsed body, or a thrown Problem
 * steps: key outside of the body → quota spent? → read body → parse → key inside the body → page allowed?
 *
 * A key outside of the body is checked before the body is read. Without one the body must be small, because it is parsed
 * before the sender is known, and of a type that may carry the key. Once the sender is known, a refusal is told to the hub of
 * its tenant before it is thrown.
 */
import { LIMITS } from '../core/limits.ts';
import { err, ok, type Result } from '../core/std/result.ts';
import { type KeyScope, senderOf, type Tenant } from '../core/tenant/tenant.ts';
import { type Authenticated, keyOf } from '../http/authenticate.ts';
import { Problem } from '../http/problem.ts';
import type { Call } from './protocols/protocol.ts';
import type { LiveSender, Quotas } from './quota.ts';
import type { RefusalReporter } from './refusals/reporter.ts';
import type { Telling } from './refusals/telling.ts';
import { type Body, type BodySpec, contentTypeOf, readBody } from './request/body.ts';
import type { ProtocolRequest, RequestHead } from './request/head.ts';
import { allowOrigin } from './request/origin.ts';
import { orRefuse, type Refusal, refuse } from './request/refusal.ts';

type SendScope = NonNullable<Call['scope']>;

export interface ReceiveDeps {
  readonly auth: {
    authenticate(headers: Headers, needed: SendScope): Promise<Authenticated>;
    authenticateKey(key: string, needed: SendScope): Promise<Authenticated>;
  };
  /** Absent when no tenant has a quota. */
  readonly quotas?: Quotas;
  /** Absent when nobody is told of refusals. */
  readonly refusals?: RefusalReporter;
  readonly now: () => number;
}

/** A request's call, with the parser of its body. */
export interface Receiving<T> {
  readonly head: RequestHead;
  readonly call: Pick<Call, 'body' | 'keyOf' | 'keyIsInUrl' | 'scope'>;
  readonly parse: (request: ProtocolRequest) => Result<T, Refusal>;
  /** Is told of a request that is refused though its sender is known. Absent for calls without events. */
  readonly telling?: Telling;
}

export interface Received<T> {
  readonly tenant: Tenant;
  readonly caller: Authenticated;
  /** The class of the key. */
  readonly sender: LiveSender;
  readonly request: ProtocolRequest;
  readonly parsed: T;
}

export async function receive<T extends { readonly key?: string | undefined }>(
  request: Request,
  { head, call, parse, telling }: Receiving<T>,
  deps: ReceiveDeps,
): Promise<Received<T>> {
  const { auth, quotas } = deps;
  const needed = call.scope ?? 'write';
  const outerKey = call.keyOf === undefined ? keyOf(head.headers) : call.keyOf(head);
  const known = outerKey === null ? null : await auth.authenticateKey(outerKey, needed);
  if (known !== null) quotas?.charge(known.tenant, 0, deps.now(), senderOf(known.scope));
  const refuseTold = async (caller: Authenticated | null, refusal: Refusal, body: Body | null): Promise<never> => {
    if (caller !== null) await telling?.request(caller, refusal, body);
    throw refuse(refusal);
  };
  const taken = known === null ? ok(await readKeyless(request, call, deps)) : await readAny(request, call.body);
  const body = taken.ok ? taken.value : await refuseTold(known, taken.error, null);
  const read = { head, ...body };
  const result = parse(read);
  const parsed = result.ok ? result.value : await refuseTold(known, result.error, body);
  const caller = known ?? (await authenticateInner(head.headers, { key: parsed.key, needed }, deps));
  const { tenant, scope } = caller;
  if (call.keyIsInUrl?.(head) === true && scope !== 'browser') {
    const refused = urlKeyRefused(scope);
    await telling?.request(caller, refused, body);
    throw refused;
  }
  const allowed = allowOrigin(tenant, head.headers.get('origin'));
  if (!allowed.ok) await refuseTold(caller, allowed.error, body);
  return { tenant, caller, sender: senderOf(scope), request: read, parsed };
}

/** Throws `key-missing` when the body carried no key. */
function authenticateInner(
  headers: Headers,
  { key, needed }: { readonly key: string | undefined; readonly needed: SendScope },
  { auth }: ReceiveDeps,
): Promise<Authenticated> {
  return key ? auth.authenticateKey(key, needed) : auth.authenticate(headers, needed);
}

function urlKeyRefused(sent: KeyScope): Problem {
  const detail = `A key in a URL must be a browser key, the one sent is a ${sent} key: URLs end in logs. Revoke it if the URL has left your machines.`;
  return new Problem(403, 'key-scope', detail, { extra: { needed: 'browser', sent } });
}

const NO_BODY: Body = { contentType: '', bytes: new Uint8Array(0) };

async function readAny(request: Request, spec: BodySpec | undefined): Promise<Result<Body, Refusal>> {
  return spec === undefined ? ok(NO_BODY) : readBody(request, spec);
}

/** Reads a small body that may carry its key. Throws `key-missing` for one of a type that carries none. */
async function readKeyless(
  request: Request,
  { body: spec, scope = 'write' }: Pick<Call, 'body' | 'scope'>,
  { auth }: ReceiveDeps,
): Promise<Body> {
  if (spec === undefined) return NO_BODY;
  const { typesWithKey = spec.types } = spec;
  if (typesWithKey.length === 0) await auth.authenticate(request.headers, scope);
  const contentType = orRefuse(contentTypeOf(request.headers, spec));
  if (!typesWithKey.includes(contentType)) await auth.authenticate(request.headers, scope);
  return orRefuse(withKeyHint(await readBody(request, spec, LIMITS.keylessBodySizeBytesMax)));
}

function withKeyHint(body: Result<Body, Refusal>): Result<Body, Refusal> {
  if (body.ok || body.error.code !== 'body-too-large') return body;
  return err({
    ...body.error,
    detail: `${body.error.detail} A request with its key in a header may have a larger body.`,
  });
}
