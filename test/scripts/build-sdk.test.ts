// The SDK as an app gets it: built modules with types, loaded by their public names.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../../src/local/paths.ts';

it('builds modules with types, and the one for servers sends', { timeout: 60_000 }, async () => {
  execFileSync(process.execPath, [join(root, 'scripts/build-sdk.ts')], { cwd: root });
  for (const name of ['browser', 'node', 'extras/web-vitals', 'extras/links']) {
    for (const end of ['js', 'd.ts']) expect(existsSync(join(root, 'dist/sdk', `${name}.${end}`)), name).toBe(true);
  }
  const script = `
    const requests = [];
    globalThis.fetch = async (url, { headers, body }) => {
      requests.push({ url, key: headers.authorization, ...JSON.parse(body) });
      return new Response('{"errors":[]}');
    };
    const { createTidemark } = await import('tidemark/sdk/node');
    const tidemark = createTidemark({ key: 'k', host: 'https://tidemark.example.com/' });
    tidemark.track('Paid', { value: 1 }, { userId: 'ann', id: 'order-1' });
    await tidemark.flush();
    console.log(JSON.stringify(requests));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root, encoding: 'utf8' });
  expect(JSON.parse(output)).toMatchObject([
    {
      url: 'https://tidemark.example.com/v1/events',
      key: 'Bearer k',
      batch: [{ id: 'order-1', type: 'track', event: 'Paid', userId: 'ann', properties: { value: 1 } }],
    },
  ]);
});
