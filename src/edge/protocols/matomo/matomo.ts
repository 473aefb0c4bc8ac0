/**
 * Matomo protocol: the tracking API, `GET` and `POST /matomo.php` (and `/piwik.php`), one call in the query or in a form, or
 * several as `{"requests": ["?idsite=1&url=…", …], "token_auth": "…"}`, whatever type the body says it has.
 *
 * The key stands in the path (`/k/<browser key>/matomo.php`), in a header, or is the `token_auth`: of a query a browser key, in
 * a body any that may send. A visitor without ids has the pseudonym of the day (edge/enrich/pseudonym.ts).
 *
 * One call is answered with a pixel, or with nothing when it says `send_image=0`; several with
 * `{"status", "tracked", "invalid", "invalid_indices"}`. A call that was refused has the status 400, as the vendor's has.
 * Reference: https://developer.matomo.org/api-reference/tracking-api
 */
import { z } from 'zod';
import { isObject } from '../../../core/std/object.ts';
import { err, ok, type Result } from '../../../core/std/result.ts';
import { keyOf } from '../../../http/authenticate.ts';
import type { ProtocolRequest, RequestHead } from '../../request/head.ts';
import type { Refusal } from '../../request/refusal.ts';
import { visitOf } from '../../request/visitor.ts';
import { pixelAnswer, statusAnswer } from '../kit/answers.ts';
import { collectorPaths } from '../kit/collector-path.ts';
import { mappingWithCompanions, outcomeOf } from '../kit/companions.ts';
import { draftMapping } from '../kit/draft.ts';
import { parseJsonBatch } from '../kit/json-batch.ts';
import { type Identity, withLinks } from '../kit/links.ts';
import { objectOf, textOf } from '../kit/loose.ts';
import { FORM_TYPE, parseForm } from '../kit/packed.ts';
import {
  type EventCall,
  type Protocol,
  type ProtocolAnswer,
  refusalOfCount,
  type Taken,
  type WireBatch,
} from '../protocol.ts';
import { translateTrackingEvent } from './tracking-event.ts';

const mapping = mappingWithCompanions(draftMapping(translateTrackingEvent));

const OPENING_BRACE = 0x7b;
const PIXEL = pixelAnswer();
const NOTHING: ProtocolAnswer = { status: 204, headers: {}, body: null };

const call: EventCall = {
  methods: ['GET', 'POST'],
  paths: collectorPaths('/matomo.php', '/piwik.php'),
  summary: "Matomo's tracking call",
  body: { types: [FORM_TYPE, 'application/json', 'text/plain'], isOptional: true },
  bodySchema: z.object({ requests: z.array(z.string()), token_auth: z.string().optional() }),
  answerSchema: 'image/gif',
  cors: { credentials: true },
  keyOf: ({ params, query, headers }) => params.key ?? query.get('token_auth') ?? keyOf(headers),
  keyIsInUrl: ({ params, query }) => params.key !== undefined || query.has('token_auth'),
  decode: (request) => (isBulk(request) ? decodeBulk(request) : decodeOne(request)),
  answer: (taken) => (isBulk(taken.request) ? bulkAnswer(taken) : oneAnswer(taken)),
};

export const matomoProtocol: Protocol = { source: 'matomo', calls: [call] };

function isBulk({ bytes }: ProtocolRequest): boolean {
  return bytes[0] === OPENING_BRACE;
}

/** The parameters of a form win over those of the query. */
function decodeOne({ bytes, head }: ProtocolRequest): Result<WireBatch, Refusal> {
  const form = parseForm(bytes);
  if (!form.ok) return form;
  const { token_auth: token, ...fields } = { ...Object.fromEntries(head.query), ...Object.fromEntries(form.value) };
  const key = form.value.has('token_auth') ? token : undefined;
  return ok(batchOf([fields], head, key));
}

function decodeBulk({ bytes, head }: ProtocolRequest): Result<WireBatch, Refusal> {
  return parseJsonBatch(bytes, (json) => {
    const { requests = [], token_auth: token } = objectOf(json);
    if (!Array.isArray(requests)) return err({ code: 'batch-invalid', detail: '`requests` is an array of queries.' });
    const refusal = refusalOfCount(requests.length);
    if (refusal !== null) return err(refusal);
    return ok(batchOf(requests.map(parametersOf), head, textOf(token) ?? undefined));
  });
}

/** The parameters of a query, or an object of them. Anything else is refused as no event. */
function parametersOf(request: unknown): unknown {
  if (typeof request !== 'string') return request;
  const query = request.slice(request.indexOf('?') + 1);
  const { token_auth: _token, ...fields } = Object.fromEntries(new URLSearchParams(query));
  return fields;
}

function batchOf(sent: readonly unknown[], head: RequestHead, key: string | undefined): WireBatch {
  const batch = { events: withLinks(sent, identityOf), mapping, key };
  const [first] = sent;
  // The calls of a bulk may be of many visitors.
  if (sent.length !== 1 || !isObject(first) || first._id != null || first.cid != null) return batch;
  return { ...batch, ...visitOf(head, { address: textOf(first.cip), userAgent: textOf(first.ua) }) };
}

function identityOf(sent: unknown): Identity | null {
  if (!isObject(sent)) return null;
  const userId = textOf(sent.uid);
  const anonymousId = textOf(sent.cid) ?? textOf(sent._id);
  return userId === null || anonymousId === null ? null : { userId, anonymousId };
}

function oneAnswer(taken: Taken): ProtocolAnswer {
  if (outcomeOf(taken).isAllRefused) return pixelAnswer(400);
  const [call] = taken.batch.events;
  return objectOf(call).send_image === '0' ? NOTHING : PIXEL;
}

function bulkAnswer(taken: Taken): ProtocolAnswer {
  const { sent, errors, isAllRefused } = outcomeOf(taken);
  return statusAnswer(isAllRefused ? 400 : 200, {
    status: isAllRefused ? 'error' : 'success',
    tracked: sent - errors.length,
    invalid: errors.length,
    invalid_indices: errors.map(({ index }) => index),
  });
}
