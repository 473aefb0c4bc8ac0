/**
 * Resources: the database, the bucket and the queues of a deployment. Each is looked up by name and created when the
 * account lacks it.
 */
import type { Resources } from './plan.ts';
import { BUCKET_ABSENT, type Platform } from './platform.ts';

type Say = (line: string) => void;

/** Creates what is absent and returns the id of the database. */
export async function ensureResources(
  platform: Platform,
  account: string,
  { database, buckets, queues }: Resources,
  say: Say,
): Promise<string> {
  const accountPath = `/accounts/${account}`;
  const databaseId = await ensureDatabase(platform, accountPath, database, say);
  for (const name of buckets) await ensureBucket(platform, accountPath, name, say);
  await ensureQueues(platform, accountPath, queues, say);
  return databaseId;
}

async function ensureDatabase(platform: Platform, accountPath: string, name: string, say: Say): Promise<string> {
  const path = `${accountPath}/d1/database`;
  const find = async () => {
    // The filter of the API also finds names that only contain this one.
    const found = (await platform.list(`${path}?name=${encodeURIComponent(name)}`)) as { name: string; uuid: string }[];
    return found.find((database) => database.name === name)?.uuid;
  };
  const known = await find();
  say(`database ${name} ${known ? 'exists' : 'is created'}`);
  if (known) return known;
  await platform.create(path, { name });
  const created = await find();
  if (!created) throw new Error(`the database ${name} was created and is not listed yet: run the deployment again`);
  return created;
}

async function ensureBucket(platform: Platform, accountPath: string, name: string, say: Say): Promise<void> {
  const path = `${accountPath}/r2/buckets`;
  const known = (await platform.find(`${path}/${name}`, BUCKET_ABSENT)) !== null;
  say(`bucket ${name} ${known ? 'exists' : 'is created'}`);
  if (!known) await platform.create(path, { name });
}

async function ensureQueues(
  platform: Platform,
  accountPath: string,
  names: readonly string[],
  say: Say,
): Promise<void> {
  const path = `${accountPath}/queues`;
  const known = new Set(((await platform.list(path)) as { queue_name: string }[]).map(({ queue_name }) => queue_name));
  for (const name of names) {
    say(`queue ${name} ${known.has(name) ? 'exists' : 'is created'}`);
    if (!known.has(name)) await platform.create(path, { queue_name: name });
  }
}
