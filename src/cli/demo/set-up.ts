/**
 * SetUp: gives the shop its boards, annotations, saved questions and cohorts, through the API as anybody would, and delivers the
 * events that phones kept during the outage.
 */
import { newAccounts, sendBatch } from '../kit/batches.ts';
import type { Client } from '../kit/client.ts';
import { lateDeliveries } from '../simulate/shop/history.ts';
import type { Story } from '../simulate/shop/story.ts';
import { SHOP_BOARDS, SHOP_COHORTS, SHOP_INSIGHTS, SHOP_ROLLUPS } from './shop-boards.ts';

export interface SetUpClients {
  readonly admin: Client;
  readonly server: Client;
}

interface NewAnnotation {
  readonly at: string;
  readonly until?: string;
  readonly kind: 'release' | 'campaign';
  readonly text: string;
}

/** A board that was put, and maybe changed since, keeps what it has. */
const IF_NEW = { revision: 0 };
const CONFLICT = 409;
const LATE_BATCH_EVENTS = 100;

/** Adds the rollups; one that is there is the same one. */
export async function addRollups(admin: Client): Promise<void> {
  for (const body of SHOP_ROLLUPS) await admin.post('/v1/rollups', body);
}

/** `fromMs`: the start of the history; nothing earlier is marked. May be called again. */
export async function setUp({ admin, server }: SetUpClients, story: Story, fromMs: number): Promise<void> {
  const put = (path: string, body: object) => admin.call(path, { method: 'PUT', body, allow: [CONFLICT] });
  for (const [id, annotation] of annotationsOf(story)) {
    if (Date.parse(annotation.at) >= fromMs) await put(`/v1/annotations/${id}`, annotation);
  }
  for (const [id, board] of Object.entries(SHOP_BOARDS)) await put(`/v1/boards/${id}`, { ...board, ...IF_NEW });
  await addNew(admin, 'insights', SHOP_INSIGHTS);
  await addNew(admin, 'cohorts', SHOP_COHORTS);
  await deliverLate(server, story);
}

/** Marks the rush that begins with a run of the demo, once an hour. */
export async function markRush(admin: Client, atMs: number): Promise<void> {
  const annotation: NewAnnotation = {
    at: new Date(atMs).toISOString(),
    kind: 'campaign',
    text: 'Newsletter: flash sale',
  };
  const hour = annotation.at.slice(0, 13).toLowerCase();
  await admin.call(`/v1/annotations/flash-sale-${hour}`, { method: 'PUT', body: annotation, allow: [CONFLICT] });
}

function annotationsOf({ releases, campaigns }: Story): [id: string, annotation: NewAnnotation][] {
  const time = (atMs: number) => new Date(atMs).toISOString();
  return [
    ...releases.map(({ version, atMs }): [string, NewAnnotation] => {
      const text = `Release ${version.replace(/\.0$/, '')}`;
      return [`release-${version.replaceAll('.', '-')}`, { at: time(atMs), kind: 'release', text }];
    }),
    ...campaigns.map(({ name, startMs, endMs, text }): [string, NewAnnotation] => [
      name,
      { at: time(startMs), until: time(endMs), kind: 'campaign', text },
    ]),
  ];
}

/** Adds what no entry of the list is named like. */
async function addNew(admin: Client, list: 'insights' | 'cohorts', bodies: readonly { readonly name: string }[]) {
  const known = await admin.get<Readonly<Record<string, readonly { readonly name: string }[]>>>(`/v1/${list}`);
  const names = new Set(known[list]?.map(({ name }) => name));
  for (const body of bodies) if (!names.has(body.name)) await admin.post(`/v1/${list}`, body);
}

async function deliverLate(server: Client, story: Story): Promise<void> {
  const events = [...lateDeliveries(story)].map(({ event }) => event);
  for (let from = 0; from < events.length; from += LATE_BATCH_EVENTS) {
    await sendBatch(server, events.slice(from, from + LATE_BATCH_EVENTS), newAccounts(), from);
  }
}
