/**
 * Amplitude protocol: the HTTP APIs as the vendor's SDKs speak them (read from @amplitude/analytics-node 1.5 and
 * @amplitude/analytics-browser 2.48).
 *
 *   POST /2/httpapi                  {api_key, events: [{event_type, insert_id, …}], client_upload_time}
 *   POST /batch                      the same; PostHog shares the path (batch/batch.ts)
 *   POST /identify, /groupidentify   a form: `api_key`, and `identification` as JSON
 *
 * The SDKs read `code` of the answer: 200 is delivered; 429, 413 and 5xx are tried again, 413 in halves; of a 400 the events that
 * it names are given up and told to their callers, and the others are sent again. So a 400 tells each rejected event, and
 * what was stored is a duplicate the next time. That needs an id for each event: where one was made, the answer is a 200.
 * Reference: https://amplitude.com/docs/apis/analytics/http-v2
 */
import { z } from 'zod';
import type { Wire } from '../../../core/event/event-fields.ts';
import { isObject } from '../../../core/std/object.ts';
import { err, ok, type Result } from '../../../core/std/result.ts';
import type { Problem } from '../../../http/problem.ts';
import { JSON_TYPES } from '../../request/body.ts';
import type { ProtocolRequest } from '../../request/head.ts';
import type { Refusal } from '../../request/refusal.ts';
import { problemMembers, statusAnswer, textAnswer } from '../kit/answers.ts';
import { outcomeOf, withCompanions } from '../kit/companions.ts';
import { exactReader, FORM_TYPE, type PackedJson, parseForm, parsePacked, readPacked } from '../kit/packed.ts';
import {
  type EventCall,
  jsonAnswer,
  limitEvents,
  type Protocol,
  type ProtocolAnswer,
  type Taken,
  type WireBatch,
} from '../protocol.ts';
import { amplitudeCompanions, amplitudeMapping, companionTest } from './mapping.ts';

export const AMPLITUDE = 'amplitude';

export const amplitudeBodySchema = z.looseObject({
  api_key: z.string(),
  events: z.array(
    z.looseObject({
      event_type: z.string().describe('`$identify` and `$groupidentify` change profiles'),
      user_id: z.string().nullish(),
      device_id: z.string().nullish(),
      insert_id: z.string().optional(),
      time: z.number().optional(),
    }),
  ),
  client_upload_time: z.string().optional(),
});

export const amplitudeAnswerSchema = z.union([
  z.object({
    code: z.literal(200),
    events_ingested: z.int(),
    payload_size_bytes: z.int(),
    server_upload_time: z.int(),
  }),
  z.object({
    code: z.literal(400),
    error: z.string(),
    events_with_invalid_fields: z
      .record(z.string(), z.array(z.int()))
      .describe('Positions of events, by what is wrong'),
    events_ingested: z.int(),
  }),
]);

const events: EventCall = {
  methods: ['POST'],
  paths: ['/2/httpapi'],
  summary: "Amplitude's events",
  body: { types: JSON_TYPES, sniffsGzip: true },
  bodySchema: amplitudeBodySchema,
  answerSchema: amplitudeAnswerSchema,
  keyOf: () => null,
  decode(request) {
    const packed = readPacked(request);
    return packed.ok ? decodeAmplitude(packed.value) : packed;
  },
  answer: answerAmplitude,
  refuse: refuseAmplitude,
};

export const amplitudeProtocol: Protocol = {
  source: AMPLITUDE,
  calls: [events, identification('/identify', '$identify'), identification('/groupidentify', '$groupidentify')],
};

/** The call of the API that changes profiles, whose events have no type of their own. */
function identification(path: string, eventType: string): EventCall {
  return {
    methods: ['POST'],
    paths: [path],
    summary: `Amplitude's ${path.slice(1)} call`,
    body: { types: [FORM_TYPE, ...JSON_TYPES] },
    answerSchema: 'text/plain;charset=UTF-8',
    keyOf: () => null,
    decode(request) {
      const fields = identificationOf(request);
      if (!fields.ok) return fields;
      const { key, packed } = fields.value;
      const typed = (changes: unknown) =>
        (Array.isArray(changes) ? changes : [changes]).map((each) =>
          isObject(each) ? { ...each, event_type: eventType } : each,
        );
      const limited = limitEvents({ events: typed(changesOf(packed.value)) });
      if (!limited.ok) return limited;
      const exactEvent = exactReader(packed.json, (exact) => typed(changesOf(exact)));
      return ok({ ...limited.value, mapping: amplitudeMapping, exactEvent, key });
    },
    answer(taken) {
      const { isAllRefused, errors } = outcomeOf(taken);
      return isAllRefused ? textAnswer(errors[0]?.message ?? 'rejected', 400) : textAnswer('success');
    },
    refuse: refuseAmplitude,
  };
}

interface Identification {
  readonly key: string | undefined;
  readonly packed: PackedJson;
}

/** The key and the changes: fields of a form, or members of an object of the same names. */
function identificationOf(request: ProtocolRequest): Result<Identification, Refusal> {
  if (request.contentType === FORM_TYPE) {
    const form = parseForm(request.bytes);
    if (!form.ok) return form;
    const packed = parsePacked(form.value.get('identification') ?? '[]', 'The field `identification`');
    return packed.ok ? ok({ key: form.value.get('api_key') || undefined, packed: packed.value }) : packed;
  }
  const packed = readPacked(request);
  return packed.ok ? ok({ key: keyOfBody(packed.value.value), packed: packed.value }) : packed;
}

/** The changes of a body that holds them beside the key, or of a field that is nothing else. */
function changesOf(value: unknown): unknown {
  return isObject(value) && value.api_key !== undefined ? (value.identification ?? []) : value;
}

function keyOfBody(body: unknown): string | undefined {
  const key = isObject(body) ? body.api_key : undefined;
  return typeof key === 'string' && key !== '' ? key : undefined;
}

/** Whether the body is Amplitude's, on a path that it shares. */
export function isAmplitude({ value }: PackedJson): boolean {
  return isObject(value) && Array.isArray(value.events);
}

export function decodeAmplitude({ value: root, json }: PackedJson): Result<WireBatch, Refusal> {
  const key = keyOfBody(root);
  if (!isObject(root) || !Array.isArray(root.events)) {
    // A key that is missing is told first.
    if (isObject(root) && key === undefined) return ok({ events: [] });
    return err({ code: 'batch-invalid', detail: 'The body is an object with `api_key` and a list `events`.' });
  }
  const limited = limitEvents({ events: root.events });
  if (!limited.ok) return limited;
  const expanded = withCompanions(root.events, {
    implies: companionTest(root.events),
    mapping: amplitudeCompanions,
    exactEvent: exactReader(json, (exact) => (exact as Wire).events),
  });
  return ok({ ...expanded, mapping: amplitudeMapping, key, sentAt: root.client_upload_time, source: AMPLITUDE });
}

export function answerAmplitude(taken: Taken): ProtocolAnswer {
  const { verdict, request, receivedAtMs } = taken;
  const { sent, errors } = outcomeOf(taken);
  const ingested = sent - errors.length;
  const isResendSafe = ingested === 0 || verdict.ids === undefined;
  if (errors.length === 0 || !isResendSafe) {
    return jsonAnswer({
      code: 200,
      events_ingested: ingested,
      payload_size_bytes: request.bytes.byteLength,
      server_upload_time: receivedAtMs,
    });
  }
  const byReason = new Map<string, number[]>();
  for (const { index, code, path } of errors) {
    const reason = `${code} ${path}`.trim();
    const known = byReason.get(reason);
    if (known === undefined) byReason.set(reason, [index]);
    else known.push(index);
  }
  return statusAnswer(400, {
    code: 400,
    error: `Events were rejected: ${[...byReason.keys()].slice(0, 5).join(', ')}`,
    events_with_invalid_fields: Object.fromEntries(byReason),
    events_ingested: ingested,
  });
}

/** A refusal in Amplitude's form. `missing_field` has the SDK give up instead of trying again. */
export function refuseAmplitude(problem: Problem): ProtocolAnswer {
  const { status, code, detail } = problem;
  const isOfKey = status === 401 || status === 403;
  const givesUp = status < 500 && status !== 429 && status !== 413;
  return statusAnswer(status, {
    ...problemMembers(problem),
    code: status,
    error: isOfKey ? `Invalid API key: ${detail}` : detail,
    ...(givesUp && { missing_field: code }),
  });
}
