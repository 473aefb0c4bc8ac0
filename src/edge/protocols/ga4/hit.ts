/**
 * Hit: an event as gtag.js sends it, all in short parameters: `en` its name, `ep.<name>` and `epn.<name>` its texts and numbers,
 * `up.<name>` and `upn.<name>` traits, `dl`, `dt`, `dr` the page, `cid` the device, `uid` the person, `sid` the session, `pr1`… the
 * items.
 *
 * gtag.js writes no time and no id. `_p` names the page view and `_s` counts its hits, so both make an id with the device; a
 * hit of a batch has its position too.
 */
import type { Wire } from '../../../core/event/event-fields.ts';
import { pointerStep } from '../../../core/std/pointer.ts';
import type { Draft } from '../kit/draft.ts';
import { numeric, textOf } from '../kit/loose.ts';
import { putName } from './measurement.ts';

const PURCHASE = 'purchase';

export function translateHit(sent: Wire, draft: Draft): undefined {
  draft.put('id', hitIdOf(sent), '/_s');
  draft.put('userId', sent.uid, '/uid');
  draft.put('anonymousId', sent.cid, '/cid');
  putName(draft, sent.en, '/en');
  translateVisit(sent, draft);
  translateParameters(sent, draft);
}

export function hitIdOf({ cid, _p: page, _s: hit, _line: line }: Wire): string | null {
  if (textOf(cid) === null || textOf(page) === null || textOf(hit) === null) return null;
  return [cid, page, hit, ...(line === undefined ? [] : [line])].join('.');
}

function translateVisit(sent: Wire, draft: Draft): void {
  draft.inContext('page', 'url', sent.dl, '/dl');
  draft.inContext('page', 'title', sent.dt, '/dt');
  draft.inContext('page', 'referrer', sent.dr, '/dr');
  draft.context('sessionId', sent.sid, '/sid');
  draft.context('locale', sent.ul, '/ul');
  draft.inContext('app', 'name', sent.tid, '/tid');
  draft.screen(sent.sr, '/sr');
}

function translateParameters(sent: Wire, draft: Draft): void {
  for (const name in sent) {
    if (name.startsWith('ep.')) draft.property(name.slice(3), sent[name], pointerStep(name));
    else if (name.startsWith('epn.')) draft.property(name.slice(4), numeric(sent[name]), pointerStep(name));
  }
  if (sent.cu != null) draft.property('currency', sent.cu, '/cu');
  if (sent._et != null) draft.property('engagement_time_msec', numeric(sent._et), '/_et');
  if (sent.en === PURCHASE) draft.property('revenue', numeric(sent['epn.value']), '/epn.value');
  const items = itemsOf(sent);
  if (items.length > 0) draft.property('items', items, '/pr1');
}

const ITEM_FIELDS: Readonly<Record<string, string>> = {
  id: 'item_id',
  nm: 'item_name',
  br: 'item_brand',
  ca: 'item_category',
  va: 'item_variant',
  pr: 'price',
  qt: 'quantity',
  cp: 'coupon',
};
const ITEM_NUMBERS = new Set(['price', 'quantity']);

/** `pr1=idSKU~nmName~pr12.5~qt2`: each part begins with two letters that name it. */
function itemsOf(sent: Wire): object[] {
  const names = Object.keys(sent).filter((name) => /^pr\d{1,3}$/.test(name));
  return names.map((name) => {
    const parts = String(sent[name]).split('~');
    return Object.fromEntries(
      parts.flatMap((part): [string, unknown][] => {
        const field = ITEM_FIELDS[part.slice(0, 2)];
        const value = part.slice(2);
        return field === undefined ? [] : [[field, ITEM_NUMBERS.has(field) ? numeric(value) : value]];
      }),
    );
  });
}

/** The traits of a hit; undefined when it has none. */
export function traitsOf(sent: Wire): object | undefined {
  const traits = Object.entries(sent).flatMap(([name, value]): [string, unknown][] => {
    if (name.startsWith('up.')) return [[name.slice(3), value]];
    return name.startsWith('upn.') ? [[name.slice(4), numeric(value)]] : [];
  });
  return traits.length === 0 ? undefined : Object.fromEntries(traits);
}
