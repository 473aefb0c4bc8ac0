// Floor: the simplest durable, de-duplicating counter on this platform. Tidemark's speed is measured against it.
//
// A Worker hands the body to one SQLite object. The object parses the JSON, drops known ids with a Set, counts by
// (event, minute) in a Map, inserts the text as one row and answers 200.

import { DurableObject } from 'cloudflare:workers';

export class Floor extends DurableObject {
  #ids = new Set();
  #counts = new Map();

  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)');
  }

  async fetch(request) {
    const body = await request.text();
    const parsed = JSON.parse(body);
    const events = Array.isArray(parsed) ? parsed : (parsed.batch ?? [parsed]);
    for (const event of events) {
      if (this.#ids.has(event.id)) continue;
      this.#ids.add(event.id);
      const key = `${event.event} ${Math.floor(Date.parse(event.timestamp) / 60_000)}`;
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    }
    this.ctx.storage.sql.exec('INSERT INTO log (body) VALUES (?)', body);
    return new Response('{"ok":true}', { headers: { 'content-type': 'application/json' } });
  }
}

export default {
  fetch(request, env) {
    const name = new URL(request.url).pathname;
    return env.FLOOR.get(env.FLOOR.idFromName(name)).fetch(request);
  },
};
