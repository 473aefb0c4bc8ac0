/** Snippets: code that the user copies, with the origin of this page. */

export function createSnippet(origin: string): string {
  return `curl ${origin}/v1/tenants -H "authorization: Bearer $TIDEMARK_ROOT_KEY" \\
  -H 'content-type: application/json' -d '{"id":"shop","name":"Shop"}'`;
}

export type SnippetKind = 'browser' | 'node' | 'curl';
export const SNIPPET_KINDS: readonly { readonly id: SnippetKind; readonly name: string }[] = [
  { id: 'browser', name: 'Browser' },
  { id: 'node', name: 'Node' },
  { id: 'curl', name: 'curl' },
];

/** Code that sends one event. `key` is a browser or server key, or the name of a variable that holds one. */
export function sendSnippet(kind: SnippetKind, origin: string, key: string): string {
  if (kind === 'browser') return `<script async src="${origin}/tm.js" data-key="${key}"></script>`;
  if (kind === 'node')
    return `import { createTidemark } from 'tidemark/sdk/node';

const tidemark = createTidemark({ key: '${key}', host: '${origin}' });
tidemark.track('Signed Up', { plan: 'pro' }, { userId: 'ada' });
await tidemark.flush();`;
  return `curl ${origin}/v1/events -H "authorization: Bearer ${key}" \\
  -H 'content-type: application/json' \\
  -d '{"type":"track","event":"Signed Up","userId":"ada","properties":{"plan":"pro"}}'`;
}
