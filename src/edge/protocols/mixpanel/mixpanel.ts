/**
 * Mixpanel protocol: the ingestion API as the vendor's SDKs speak it (read from mixpanel 0.24 and mixpanel-browser 2.83).
 *
 *   POST /track, /engage, /groups    `data=` base64 or JSON in a form, or JSON; one or a list
 *   GET  the same                    `data` in the query: a server's SDK sends single events so
 *   POST, GET /import                history: a server key as the API secret, in Basic authentication
 *
 * The key is the token in each event (`properties.token`, `$token`). A request that shows a key in `Authorization`, as one with
 * an API secret does, is that key's: so a token in a URL may be the public one of pages while a server's stays out of it.
 *
 * Answers: `1`, or with `verbose=1` a document. The SDKs take every other text for a failure and show it; they send again
 * after 429 and 5xx (browsers), and never (servers).
 * Reference: https://developer.mixpanel.com/reference/ingestion-api
 */
import { z } from 'zod';
import { isObject } from '../../../core/std/object.ts';
import { err, ok, type Result } from '../../../core/std/result.ts';
import { keyOf } from '../../../http/authenticate.ts';
import type { Problem } from '../../../http/problem.ts';
import { type BodySpec, JSON_TYPES } from '../../request/body.ts';
import type { ProtocolRequest, RequestHead } from '../../request/head.ts';
import type { Refusal } from '../../request/refusal.ts';
import { problemMembers, statusAnswer, textAnswer } from '../kit/answers.ts';
import { outcomeOf } from '../kit/companions.ts';
import { withOneKey } from '../kit/one-key.ts';
import { exactReader, FORM_TYPE, queryTime, readPacked } from '../kit/packed.ts';
import {
  type EventCall,
  type EventMapping,
  jsonAnswer,
  limitEvents,
  type Protocol,
  type ProtocolAnswer,
  type Taken,
  type WireBatch,
} from '../protocol.ts';
import { eventMapping } from './events.ts';
import { groupMapping, personMapping } from './profiles.ts';

/** What the calls of a path carry. */
interface Kind {
  readonly path: string;
  readonly summary: string;
  readonly mapping: EventMapping;
  /** The place of the key in an event. */
  readonly keyPlace: '/properties/token' | '/$token';
  readonly scope?: 'server';
}

const KINDS: readonly Kind[] = [
  { path: '/track', summary: "Mixpanel's events", mapping: eventMapping, keyPlace: '/properties/token' },
  { path: '/engage', summary: "Mixpanel's updates of people", mapping: personMapping, keyPlace: '/$token' },
  { path: '/groups', summary: "Mixpanel's updates of groups", mapping: groupMapping, keyPlace: '/$token' },
  {
    path: '/import',
    summary: "Mixpanel's events of history",
    mapping: eventMapping,
    keyPlace: '/properties/token',
    scope: 'server',
  },
];

const BODY: BodySpec = { types: [...JSON_TYPES, FORM_TYPE], sniffsGzip: true };

export const mixpanelProtocol: Protocol = {
  source: 'mixpanel',
  calls: KINDS.flatMap((kind) => [postCall(kind), getCall(kind)]),
};

function postCall(kind: Kind): EventCall {
  return {
    ...commonOf(kind),
    methods: ['POST'],
    body: BODY,
    bodySchema: z.union([z.array(z.looseObject({})), z.looseObject({})]),
  };
}

function getCall(kind: Kind): EventCall {
  return {
    ...commonOf(kind),
    methods: ['GET'],
    summary: `${kind.summary}, in a URL`,
    keyIsInUrl: (head) => keyOf(head.headers) === null,
  };
}

function commonOf(kind: Kind) {
  const { path, summary } = kind;
  const scope: EventCall['scope'] = kind.scope ?? 'write';
  return {
    paths: [path, `${path}/`],
    summary,
    scope,
    answerSchema: 'text/plain;charset=UTF-8',
    // The browser SDK sends with credentials, and its requests fail without this.
    cors: { credentials: true },
    decode: (request: ProtocolRequest) => decode(request, kind),
    answer: answerTaken,
    refuse: refuseInForm,
  };
}

function decode(request: ProtocolRequest, { mapping, keyPlace }: Kind): Result<WireBatch, Refusal> {
  const packed = readPacked(request);
  if (!packed.ok) return packed;
  const { value: root, json } = packed.value;
  if (typeof root !== 'object' || root === null) {
    return err({ code: 'batch-invalid', detail: '`data` is an event, or a list of events.' });
  }
  const limited = limitEvents({ events: Array.isArray(root) ? root : [root] });
  if (!limited.ok) return limited;
  const keyOfEvent = keyPlace === '/$token' ? keyOfUpdate : keyOfTracked;
  const keyed = withOneKey(limited.value.events, { keyOf: keyOfEvent, place: keyPlace });
  const exactEvent = exactReader(json, (exact) => (Array.isArray(exact) ? exact : [exact]));
  return ok({ ...keyed, mapping, exactEvent, sentAt: queryTime(request.head) });
}

function keyOfUpdate(event: unknown): unknown {
  return isObject(event) ? event.$token : undefined;
}

function keyOfTracked(event: unknown): unknown {
  return isObject(event) && isObject(event.properties) ? event.properties.token : undefined;
}

function answerTaken(taken: Taken): ProtocolAnswer {
  const { verdict, request } = taken;
  const { isAllRefused, errors } = outcomeOf(taken);
  if (isAllRefused) {
    const [first] = errors;
    const error = `${first?.path ?? ''}: ${first?.message ?? 'Every event was rejected.'}`;
    return statusAnswer(400, { status: 0, error, ...verdict });
  }
  return isVerbose(request.head) ? jsonAnswer({ status: 1, error: null, ...verdict }) : textAnswer('1');
}

/** Whether the client asks for a document. Mixpanel's import answers with one to JSON alone, or when it is strict. */
function isVerbose({ query }: RequestHead): boolean {
  return query.get('verbose') === '1' || query.get('strict') === '1';
}

function refuseInForm(problem: Problem): ProtocolAnswer {
  const document = { ...problemMembers(problem), error: problem.detail, status: 0 };
  return statusAnswer(problem.status, document);
}
