/**
 * Tags: the nouns of the API, by which its calls are grouped.
 *
 * A noun is the first word of a path below `/v1`. Calls of collection with other paths are those of vendors' SDKs. Calls
 * without a version are about the server itself.
 */
import type { RouteTag } from '../http/describe.ts';

export interface Tag {
  readonly name: string;
  readonly description: string;
  /** Rooms of the API's calls, in their order. */
  readonly group: 'Collect' | 'Ask' | 'Configure' | 'Operate';
}

const SDKS: Tag = {
  name: 'SDKs',
  group: 'Collect',
  description: 'Events in the words of other vendors, so that their SDKs need only another host.',
};
const SERVER: Tag = {
  name: 'Server',
  group: 'Operate',
  description: 'Health, metrics, and what the server says about itself.',
};

/** By the first word of the path. */
const NOUNS: Readonly<Record<string, Tag>> = {
  events: {
    name: 'Events',
    group: 'Collect',
    description: 'Sending events, and reading the newest of them. An acknowledged event is counted exactly once.',
  },
  import: {
    name: 'Imports',
    group: 'Collect',
    description: 'History, in chunks that may be sent again, in versions that replace each other or are taken back.',
  },
  query: {
    name: 'Questions',
    group: 'Ask',
    description: 'Counts, statistics and journeys, over time and by property. Every answer says how far it reaches.',
  },
  live: { name: 'Live', group: 'Ask', description: 'What happens now, as it happens.' },
  arrivals: { name: 'Live', group: 'Ask', description: '' },
  catalog: {
    name: 'Catalogue',
    group: 'Ask',
    description: 'The names that questions may give, and the values of each.',
  },
  people: { name: 'People', group: 'Ask', description: 'One person: traits, ids and events.' },
  export: { name: 'Exports', group: 'Ask', description: 'Events as Parquet, CSV or NDJSON, with a receipt.' },
  insights: {
    name: 'Insights',
    group: 'Ask',
    description: 'Saved questions, whose answers are kept while nothing changes.',
  },
  boards: {
    name: 'Boards',
    group: 'Ask',
    description: 'Insights arranged on a page, shared by a link that can be revoked.',
  },
  annotations: { name: 'Boards', group: 'Ask', description: '' },
  shares: { name: 'Boards', group: 'Ask', description: '' },
  shared: { name: 'Boards', group: 'Ask', description: '' },
  cohorts: { name: 'Cohorts', group: 'Configure', description: 'People by what they did and by their traits.' },
  rollups: { name: 'Rollups', group: 'Configure', description: 'What is counted ahead of questions.' },
  tenants: { name: 'Tenants', group: 'Configure', description: 'Tenants, their quotas and their shards.' },
  deletions: { name: 'Tenants', group: 'Configure', description: '' },
  keys: {
    name: 'Keys',
    group: 'Configure',
    description: 'Keys of a tenant, each of one scope, and what a key may do.',
  },
  whoami: { name: 'Keys', group: 'Configure', description: '' },
  privacy: { name: 'Privacy', group: 'Configure', description: 'What of an event is not stored.' },
  'junk-ids': { name: 'Privacy', group: 'Configure', description: '' },
  bots: { name: 'Bots', group: 'Configure', description: 'Whether questions count events of bots.' },
  audit: { name: 'Audit', group: 'Configure', description: 'Who changed what, and when.' },
  retention: { name: 'Retention', group: 'Operate', description: 'How long events are kept.' },
  seal: {
    name: 'Seals',
    group: 'Operate',
    description: 'Days that are counted again from their events, and are then final.',
  },
  seals: { name: 'Seals', group: 'Operate', description: '' },
  status: { name: 'Status', group: 'Operate', description: 'Shards, watermarks and lags of a tenant.' },
  throttled: { name: 'Status', group: 'Operate', description: '' },
};

const GROUPS: Readonly<Record<RouteTag, Tag['group']>> = {
  collect: 'Collect',
  query: 'Ask',
  control: 'Configure',
  operations: 'Operate',
};

/** The tag of a call. A noun that is not named here is a tag of its own. */
export function tagOf(path: string, room: RouteTag): Tag {
  const [version, noun = ''] = path.split('/').slice(1);
  const known = version === 'v1' ? NOUNS[noun] : undefined;
  if (known !== undefined) return known;
  if (room === 'collect') return SDKS;
  if (version !== 'v1') return SERVER;
  const name = noun.charAt(0).toUpperCase() + noun.slice(1).replaceAll('-', ' ');
  return { name, group: GROUPS[room], description: `The calls below \`/v1/${noun}\`.` };
}

/** The tags in the order of this file, each once, and behind them those that it does not name. */
export function inOrder(tags: Iterable<Tag>): readonly Tag[] {
  const used = new Map(Array.from(tags, (tag) => [tag.name, tag]));
  const known = [...Object.values(NOUNS), SDKS, SERVER].filter(({ description }) => description !== '');
  const first = known.filter(({ name }) => used.has(name));
  const names = new Set(first.map(({ name }) => name));
  return [...new Set(first), ...[...used.values()].filter(({ name }) => !names.has(name))];
}
