// Importers: a million rows of each format by `tidemark import`, from the command to the last seal, and of that the CPU time of
// reading the file; each beside CSV.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cutChunks, newRowCounts } from '../../src/cli/import/chunks.ts';
import { HISTORY_FORMATS } from '../../src/cli/import/from/formats.ts';
import { inlineMapping, parsePairs } from '../../src/cli/import/inline-mapping.ts';
import { guessFormat, type Mapping } from '../../src/cli/import/mapping.ts';
import { readRows } from '../../src/cli/import/rows.ts';
import { surveyFile } from '../../src/cli/import/survey.ts';
import { root } from '../../src/local/paths.ts';
import { median } from './quantile.ts';
import type { Figure } from './report.ts';
import { BenchStack } from './stack.ts';

/** The share of CSV's speed that the import of each format should reach. */
const SPEED_MIN = 0.5;
const ROUNDS = 3;
const PAIRS = 'event=name,time=at,user=user,amount=amount:number,plan=plan,country=country,url=url';

const START_MS = Date.UTC(2024, 2, 10, 12);
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const PAGE = 'https://a.example/tea';
const msOf = (i: number) => START_MS + i * 20;
const iso = (i: number) => new Date(msOf(i)).toISOString();
const spaced = (i: number) => iso(i).replace('T', ' ').replace('Z', '');
const userOf = (i: number) => `u${i % 5_000}`;
const deviceOf = (i: number) => `d${i % 9_000}`;
const addressOf = (i: number) => `203.0.${i % 200}.7`;

interface Sample {
  /** The name of the file, which tells its form. */
  readonly file: string;
  readonly head?: string;
  readonly row: (i: number) => string;
}

const json = (row: (i: number) => object) => (i: number) => JSON.stringify(row(i));

const segment = json((i) => ({
  type: 'track',
  event: 'Ordered',
  messageId: `m${i}`,
  userId: userOf(i),
  anonymousId: deviceOf(i),
  timestamp: iso(i),
  originalTimestamp: iso(i),
  sentAt: iso(i),
  receivedAt: iso(i),
  properties: { revenue: i, plan: 'pro' },
  context: { page: { url: PAGE, title: 'Tea' }, userAgent: AGENT, library: { name: 'analytics.js', version: '2' } },
  integrations: {},
}));

function snowplow(i: number): string {
  const cells = new Array<string>(131).fill('');
  const known = { 0: 'shop', 1: 'web', 5: 'struct', 6: `e${i}`, 12: userOf(i), 15: deviceOf(i), 29: PAGE, 53: 'shop' };
  const more = { 54: 'add', 57: String(i), 77: AGENT, 123: 's', 124: spaced(i) };
  for (const [place, text] of Object.entries({ ...known, ...more })) cells[Number(place)] = text;
  return cells.join('\t');
}

const accessLog = (i: number) =>
  `${addressOf(i)} - - [10/Mar/2024:${String(i % 24).padStart(2, '0')}:05:03 +0000] "GET /tea/${i % 100}?utm_source=ad HTTP/1.1" 200 ${i} "https://search.example/" "${AGENT}"`;

const SAMPLES: Readonly<Record<string, Sample>> = {
  csv: {
    file: 'orders.csv',
    head: 'at,user,name,amount,plan,country,url',
    row: (i) => `${iso(i)},${userOf(i)},Ordered,${i / 100},pro,DE,${PAGE}/${i % 100}`,
  },
  segment: { file: 'events.ndjson', row: segment },
  rudderstack: { file: 'events.ndjson', row: segment },
  mixpanel: {
    file: 'events.ndjson',
    row: json((i) => ({
      event: 'Ordered',
      properties: {
        time: Math.floor(msOf(i) / 1_000),
        distinct_id: userOf(i),
        $device_id: deviceOf(i),
        $user_id: userOf(i),
        $insert_id: `i${i}`,
        $current_url: PAGE,
        $browser: 'Firefox',
        $os: 'Linux',
        $city: 'Berlin',
        mp_country_code: 'DE',
        revenue: i,
      },
    })),
  },
  amplitude: {
    file: 'events.json',
    row: json((i) => ({
      user_id: userOf(i),
      device_id: deviceOf(i),
      event_type: 'Ordered',
      event_time: `${spaced(i)}000`,
      $insert_id: `i${i}`,
      session_id: START_MS,
      event_properties: { sku: 'a', revenue: i },
      user_properties: {},
      os_name: 'Chrome',
      platform: 'Web',
      country: 'Germany',
      city: 'Berlin',
      language: 'German',
    })),
  },
  posthog: {
    file: 'events.jsonl',
    row: json((i) => ({
      uuid: `p${i}`,
      event: 'Ordered',
      distinct_id: userOf(i),
      timestamp: iso(i),
      properties: JSON.stringify({
        $current_url: PAGE,
        $session_id: 's',
        $device_id: deviceOf(i),
        $user_id: userOf(i),
        $browser: 'Firefox',
        price: i,
      }),
    })),
  },
  snowplow: { file: 'events.tsv', row: snowplow },
  ga4: {
    file: 'events.json',
    row: json((i) => ({
      event_name: 'Ordered',
      event_timestamp: String(msOf(i) * 1_000),
      user_pseudo_id: deviceOf(i),
      user_id: userOf(i),
      event_bundle_sequence_id: String(i),
      geo: { country: 'Germany', city: 'Berlin' },
      device: { category: 'desktop', operating_system: 'Linux', language: 'de' },
      event_params: [
        { key: 'page_location', value: { string_value: PAGE } },
        { key: 'ga_session_id', value: { int_value: '1' } },
        { key: 'value', value: { double_value: i } },
      ],
    })),
  },
  matomo: {
    file: 'visits.ndjson',
    row: json((i) => ({
      idVisit: i,
      visitorId: deviceOf(i),
      userId: userOf(i),
      countryCode: 'de',
      deviceType: 'Desktop',
      actionDetails: [
        { type: 'action', url: PAGE, pageTitle: 'Tea', timestamp: Math.floor(msOf(i) / 1_000), idlink_va: i },
      ],
    })),
  },
  umami: {
    file: 'website_event.csv',
    head: 'website_id,session_id,visit_id,event_id,hostname,browser,os,device,screen,language,country,region,city,url_path,url_query,referrer_domain,page_title,event_type,event_name,tag,distinct_id,created_at',
    row: (i) =>
      `w,s${i % 9_000},v${i},e${i},a.example,firefox,Linux,laptop,1920x1080,en,DE,BE,Berlin,/tea,,search.example,Tea,2,ordered,,${userOf(i)},${spaced(i)}`,
  },
  plausible: {
    file: 'events.ndjson',
    row: json((i) => ({
      name: 'ordered',
      user_id: String(i % 9_000),
      session_id: String(i),
      timestamp: spaced(i).slice(0, 19),
      hostname: 'a.example',
      pathname: '/tea',
      referrer: '',
      'meta.key': ['plan'],
      'meta.value': ['pro'],
      country_code: 'DE',
      screen_size: 'Desktop',
      operating_system: 'Linux',
      browser: 'Firefox',
    })),
  },
  apache: { file: 'access.log', row: accessLog },
  nginx: { file: 'access.log', row: accessLog },
  cloudfront: {
    file: 'distribution.log',
    head: '#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query x-edge-request-id x-host-header',
    row: (i) =>
      `2024-03-10\t${iso(i).slice(11, 19)}\tFRA1\t${i}\t${addressOf(i)}\tGET\td.cloudfront.net\t/tea/${i % 100}\t200\t-\t${AGENT.replaceAll(' ', '%20')}\tutm_source=ad\tr${i}\ta.example`,
  },
  iis: {
    file: 'u_ex.log',
    head: '#Fields: date time cs-method cs-uri-stem cs-uri-query cs-username c-ip cs(User-Agent) cs(Referer) sc-status time-taken',
    row: (i) =>
      `2024-03-10 ${iso(i).slice(11, 19)} GET /tea/${i % 100} a=1 - ${addressOf(i)} ${AGENT.replaceAll(' ', '+')} - 200 46`,
  },
};

/** Runs these formats alone, by their names with commas between them. Default: all. */
const ONLY = process.env.IMPORTERS_ONLY?.split(',');

/** A sample that was written, and the tenant into which it goes. */
interface SampleFile {
  readonly name: string;
  readonly tenant: string;
  readonly path: string;
}

/** Seconds of one import. */
interface Seconds {
  /** Of CPU: those of the clock would count busy neighbours too. */
  readonly reading: number;
  /** By the clock, from the command to the last seal. */
  readonly whole: number;
}

export async function benchImporters(isQuick: boolean): Promise<Figure[]> {
  const rowCount = isQuick ? 50_000 : 1_000_000;
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-importers-'));
  const stack = await BenchStack.start({ isSinkPaused: false });
  try {
    const figures: Figure[] = [];
    const csvPath = join(folder, SAMPLES.csv!.file);
    await write(csvPath, SAMPLES.csv!, rowCount);
    for (const [name, sample] of Object.entries(SAMPLES)) {
      if (name === 'csv' || !(ONLY?.includes(name) ?? true)) continue;
      const path = join(folder, `${name}-${sample.file}`);
      await write(path, sample, rowCount);
      // Beside each format CSV once more: the machine has other neighbours than an hour ago.
      const csv = await secondsOf(stack, { name: 'csv', tenant: `csv-beside-${name}`, path: csvPath }, rowCount);
      const own = await secondsOf(stack, { name, tenant: `from-${name}`, path }, rowCount);
      rmSync(path);
      figures.push(...figuresOf(name, rowCount, own, csv));
    }
    return figures;
  } finally {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function secondsOf(stack: BenchStack, file: SampleFile, rowCount: number): Promise<Seconds> {
  const readings: number[] = [];
  for (let round = 0; round < ROUNDS; round++) readings.push(await readingSeconds(file.name, file.path, rowCount));
  return { reading: median(readings), whole: await wholeSeconds(stack, file, rowCount) };
}

function figuresOf(name: string, rowCount: number, { reading, whole }: Seconds, csv: Seconds): Figure[] {
  const what = `importers, ${name}, ${rowCount.toLocaleString('en')} rows`;
  return [
    { name: `${what}: reading`, value: reading, unit: 's of CPU' },
    { name: `${what}: whole`, value: whole, unit: 's' },
    { name: `${what}: whole of CSV beside`, value: csv.whole, unit: 's' },
    { name: `importers, ${name}, reading: speed to CSV's`, value: csv.reading / reading, unit: '×' },
    {
      name: `importers, ${name}, whole: speed to CSV's`,
      value: csv.whole / whole,
      unit: '×',
      bound: { atLeast: SPEED_MIN },
    },
  ];
}

async function write(path: string, { head, row }: Sample, rowCount: number): Promise<void> {
  const file = createWriteStream(path);
  if (head !== undefined) file.write(`${head}\n`);
  const ROWS_AT_ONCE = 10_000;
  for (let first = 0; first < rowCount; first += ROWS_AT_ONCE) {
    const rows = Array.from({ length: Math.min(ROWS_AT_ONCE, rowCount - first) }, (_, i) => `${row(first + i)}\n`);
    if (!file.write(rows.join(''))) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}

async function readingSeconds(name: string, path: string, rowCount: number): Promise<number> {
  const format = await HISTORY_FORMATS.find(name);
  const shape = await surveyFile(path, { format: format?.format ?? guessFormat(path), hasHeader: true });
  const map = format?.open() ?? inlineMapping(parsePairs(PAIRS), shape.columns, true);
  const counts = newRowCounts();
  const onRefused = (refusal: object) => {
    throw new Error(`${name}: ${JSON.stringify(refusal)}`);
  };
  const before = process.cpuUsage();
  const options = { rowsMax: 10_000, idPrefix: 'f', counts, onRefused };
  for await (const { rowCount: rows } of cutChunks(readRows(path, shape), map as Mapping<unknown>, options))
    if (rows === 0) throw new Error(`${name}: an empty chunk`);
  const { user, system } = process.cpuUsage(before);
  if (counts.mapped !== rowCount) throw new Error(`${name}: ${counts.mapped} of ${rowCount} rows were read`);
  return (user + system) / 1e6;
}

/** Runs `tidemark import` for a tenant of its own. */
async function wholeSeconds(stack: BenchStack, { name, tenant, path }: SampleFile, rowCount: number): Promise<number> {
  const keys = await stack.tenant(tenant);
  const how = name === 'csv' ? ['--map', PAIRS] : ['--from', name];
  const args = ['import', path, ...how, '--url', stack.url, '--state', stack.folder, '--tenant', tenant, '--json'];
  const env = { ...process.env, TIDEMARK_WRITE_KEY: keys.write, TIDEMARK_READ_KEY: keys.read };
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, [join(root, 'src/cli/main.ts'), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (errors += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${name}: the import ended with ${code}. ${output} ${errors.slice(-1_000)}`);
  const { rows } = JSON.parse(output) as { rows: { sent: number } };
  if (rows.sent !== rowCount) throw new Error(`${name}: ${rows.sent} of ${rowCount} rows were imported`);
  return (performance.now() - startedAtMs) / 1_000;
}
