import { beforeEach, describe, expect, it, vi } from 'vitest';

const KEY = 'tm_read_one';
const OTHER = 'tm_read_two';
const KNOWN = { tenant: 'one', name: 'One', timezone: 'UTC', bots: null, scope: 'read', key: KEY };

const stored = new Map<string, string>();
const asked: string[] = [];
/** The name of the tenant of each key; a key without one has ended. */
let nameOf: Record<string, string> = {};
/** What the server waits for before it answers. */
let isAnswering = Promise.resolve();

async function fetchStub(path: string, { headers }: { headers: Record<string, string> }): Promise<Response> {
  asked.push(path);
  await isAnswering;
  if (path === '/demo.json') return new Response('{}', { status: 404 });
  const name = nameOf[String(headers.authorization).slice('Bearer '.length)];
  if (name === undefined) return Response.json({ detail: 'The key has ended.' }, { status: 401 });
  return Response.json({ tenant: name.toLowerCase(), name, timezone: 'UTC', bots: null });
}

/** The modules of a page that is loaded anew in the same tab. */
async function load() {
  vi.resetModules();
  vi.stubGlobal('fetch', fetchStub);
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => void stored.set(name, value),
    removeItem: (name: string) => void stored.delete(name),
  });
  const first = await import('../../../src/dashboard/data/first.ts');
  const session = await import('../../../src/dashboard/data/session.ts');
  return { ...session, ...first, ...(await import('../../../src/dashboard/frame/add-key.ts')) };
}

describe('a session', () => {
  beforeEach(() => {
    stored.clear();
    asked.length = 0;
    nameOf = { [KEY]: 'One', [OTHER]: 'Two' };
    isAnswering = Promise.resolve();
  });

  it('shows what the tab knew of its tenants at once, and asks the server once the first chart is there', async () => {
    const before = await load();
    await before.openSession();
    expect(before.sessionState.value).toBe('none');
    await before.addKey(KEY);
    asked.length = 0;

    nameOf[KEY] = 'Renamed';
    const { openSession, session, sessionState, noteFirstShown } = await load();
    const opening = openSession();
    expect([sessionState.value, session.value, asked]).toEqual(['open', KNOWN, []]);
    noteFirstShown();
    expect(await opening).toBe(null);
    expect([asked, session.value?.name]).toEqual([['/demo.json', '/v1/whoami'], 'Renamed']);
  });

  it('leaves the session as it is when nothing has changed, because whoever follows it begins anew', async () => {
    const before = await load();
    await before.openSession();
    await before.addKey(KEY);
    const { openSession, session, noteFirstShown } = await load();
    const opening = openSession();
    const known = session.value;
    noteFirstShown();
    await opening;
    expect(session.value).toBe(known);
  });

  it('says that a key has ended, and forgets it', async () => {
    const before = await load();
    await before.openSession();
    await before.addKey(KEY);
    nameOf = {};
    const { openSession, sessionState, noteFirstShown } = await load();
    const opening = openSession();
    noteFirstShown();
    expect(await opening).toContain('The key has ended.');
    expect(sessionState.value).toBe('none');
    expect((await load()).sessionState.value).toBe('opening');
    expect(stored.size).toBe(0);
  });

  it('shows the tenant that was shown before', async () => {
    const before = await load();
    await before.openSession();
    await before.addKey(KEY);
    await before.addKey(OTHER);
    before.showTenant('one');
    const { openSession, session, noteFirstShown } = await load();
    const opening = openSession();
    expect(session.value).toEqual(KNOWN);
    noteFirstShown();
    await opening;
    expect(session.value).toEqual(KNOWN);
  });

  it('keeps a key that the user gives while the others are looked up', async () => {
    const before = await load();
    await before.openSession();
    await before.addKey(KEY);
    const { openSession, keptKeys, addKey, noteFirstShown } = await load();
    const opening = openSession();
    noteFirstShown();
    await addKey(OTHER);
    await opening;
    expect(keptKeys.value.map(({ key }) => key)).toEqual([KEY, OTHER]);
  });

  it.each(['{', '{"keys":1}', '"text"'])('opens as if it knew nothing when the tab holds %s', async (text) => {
    const names = ['tidemark.known', 'tidemark.keys'];
    for (const name of names) stored.set(name, text);
    const { openSession, sessionState } = await load();
    expect(await openSession()).toBe(null);
    expect(sessionState.value).toBe('none');
  });
});
