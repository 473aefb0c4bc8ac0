/**
 * Plausible protocol: `POST /api/event`, as the vendor's script, its npm packages and its Events API speak it:
 * `{name, url, domain, referrer, props, revenue}`, or the same in one letter each, as `text/plain` or JSON.
 *
 * The key is the site (`domain`), stands in the path (`/k/<browser key>/api/event`), or in a header. Plausible has no ids: a
 * visitor is the pseudonym of the day (edge/enrich/pseudonym.ts). An event has no time and no id
 * either, so a retry cannot be told.
 *
 * The answer is `202 ok`; a refused event is a 400 that names the field, as the vendor's is.
 * Reference: https://plausible.io/docs/events-api
 */
import { z } from 'zod';
import type { Wire } from '../../../core/event/event-fields.ts';
import { isObject } from '../../../core/std/object.ts';
import { err, ok, type Result } from '../../../core/std/result.ts';
import { JSON_TYPES } from '../../request/body.ts';
import type { RequestHead } from '../../request/head.ts';
import type { Refusal } from '../../request/refusal.ts';
import { visitOf } from '../../request/visitor.ts';
import { statusAnswer, textAnswer } from '../kit/answers.ts';
import { COLLECTOR_KEY, collectorPaths, siteKey } from '../kit/collector-path.ts';
import { outcomeOf } from '../kit/companions.ts';
import { type Draft, draftMapping } from '../kit/draft.ts';
import { parseJsonBatch } from '../kit/json-batch.ts';
import { numeric, parseJsonText } from '../kit/loose.ts';
import type { EventCall, Protocol, WireBatch } from '../protocol.ts';

const mapping = draftMapping(translate);

const bodySchema = z.object({
  name: z.string().describe('`pageview`, or the name of a goal. Short: `n`'),
  url: z.string().optional().describe('The page. Short: `u`'),
  domain: z.string().optional().describe('The site: here the browser key. Short: `d`'),
  referrer: z.string().nullish().describe('Short: `r`'),
  props: z
    .union([z.string(), z.record(z.string(), z.unknown())])
    .nullish()
    .describe('Short: `p`, or `m` and `meta`'),
  revenue: z.unknown().optional().describe('`{currency, amount}`. Short: `$`'),
});

const TAKEN = textAnswer('ok', 202);

const event: EventCall = {
  methods: ['POST'],
  paths: collectorPaths('/api/event'),
  summary: "Plausible's event",
  body: { types: JSON_TYPES },
  bodySchema,
  answerSchema: 'text/plain',
  ...COLLECTOR_KEY,
  decode: ({ bytes, head }) => parseJsonBatch(bytes, (json) => pickEvent(json, head)),
  answer(taken) {
    const [reason] = outcomeOf(taken).errors;
    if (reason === undefined) return TAKEN;
    return statusAnswer(400, {
      errors: { [reason.path.split('/')[1] ?? 'event']: [reason.message] },
      code: reason.code,
    });
  },
};

export const plausibleProtocol: Protocol = { source: 'plausible', calls: [event] };

function pickEvent(json: unknown, head: RequestHead): Result<WireBatch, Refusal> {
  if (!isObject(json)) return err({ code: 'batch-invalid', detail: 'The body is one event, a JSON object.' });
  return ok({ events: [json], mapping, key: siteKey(json.domain ?? json.d), ...visitOf(head) });
}

function translate(sent: Wire, draft: Draft): undefined {
  const place = (...names: readonly [string, ...string[]]) => names.find((name) => sent[name] != null) ?? names[0];
  const name = place('name', 'n');
  const url = place('url', 'u');
  const referrer = place('referrer', 'r');
  if (sent[name] === 'pageview') draft.put('type', 'page', `/${name}`);
  else draft.put('event', sent[name], `/${name}`);
  draft.inContext('page', 'url', sent[url], `/${url}`);
  draft.inContext('page', 'referrer', sent[referrer], `/${referrer}`);
  putRevenue(draft, sent, place('revenue', '$'));
  const domain = place('domain', 'd');
  if (typeof sent[domain] === 'string' && siteKey(sent[domain]) === undefined) {
    draft.property('domain', sent[domain], `/${domain}`);
  }
  // An engagement has the depth of its scroll in per cent, and its time in view.
  draft.property('scroll_depth', sent.sd, '/sd');
  draft.property('engagement_ms', sent.e, '/e');
  draft.property('interactive', sent.interactive ?? sent.i, `/${place('interactive', 'i')}`);
  const props = place('props', 'p', 'meta', 'm');
  putBag(draft, sent[props], `/${props}`);
}

/** An object, or the JSON text of one. */
function putBag(draft: Draft, value: unknown, place: string): void {
  const isText = typeof value === 'string';
  if (isText) draft.opaque(place);
  draft.properties(isText ? (parseJsonText(value) ?? value) : value, place);
}

function putRevenue(draft: Draft, sent: Wire, name: string): void {
  const value = typeof sent[name] === 'string' ? parseJsonText(sent[name]) : sent[name];
  if (typeof sent[name] === 'string') draft.opaque(`/${name}`);
  if (!isObject(value)) return;
  draft.property('revenue', numeric(value.amount), `/${name}/amount`);
  draft.property('currency', value.currency, `/${name}/currency`);
}
