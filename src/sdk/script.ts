/**
 * Script: the SDK as one line of HTML, which the Worker serves at `/tm.js`.
 *
 *   <script async src="https://tidemark.example.com/tm.js" data-key="tm_browser_…" data-extras="links web-vitals"></script>
 *
 * `window.tidemark('track', 'Signed Up', {…})` calls the client; calls made before the script came are taken from
 * `window.tidemark.q`. Attributes: `data-key`, `data-host` (default: where the script came from), `data-pages`,
 * `data-consent`, `data-cookieless`, and `data-extras`, each of which is loaded from beside the script.
 */
import { type BrowserOptions, createTidemark } from './browser.ts';

type Call = (name: string, ...given: unknown[]) => unknown;

const { src, dataset } = document.currentScript as HTMLScriptElement;
const base = src.replace(/\/[^/]*$/, '');
// The attributes have the names of the options.
const given = { host: base, ...dataset, cookieless: 'cookieless' in dataset } as unknown as BrowserOptions;
const client = createTidemark(given);

const page = window as unknown as { tidemark?: Call & { q?: ArrayLike<unknown>[] } };
const call: Call = (name, ...given) => (client as unknown as Record<string, Call>)[name]?.(...(given as [string]));
const early = page.tidemark?.q ?? [];
page.tidemark = Object.assign(call, client);
for (const one of early) call(...(Array.from(one) as [string]));
for (const name of dataset.extras?.split(' ') ?? []) {
  import(/* @vite-ignore */ `${base}/tm/${name}.js`).then(({ start }) => start(client));
}
