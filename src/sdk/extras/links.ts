/** Links: an event for each click on a link to another site, and to a file. */
import type { Tidemark } from '../tidemark.ts';

const FILE = /\.(pdf|zip|gz|dmg|exe|msi|apk|csv|xlsx?|docx?|pptx?|txt|rtf|mp3|mp4|mov|avi|wav|7z|rar|iso|epub)$/i;

/** Sends `Outbound Link Clicked` or `File Downloaded` with the address, without its query. */
export function trackLinks({ track }: Pick<Tidemark, 'track'>): void {
  const onClick = ({ target }: MouseEvent) => {
    const link = target instanceof Element ? target.closest<HTMLAnchorElement>('a[href]') : null;
    if (!link?.protocol.startsWith('http')) return;
    const { origin, host, pathname } = link;
    const facts = { url: origin + pathname, host, path: pathname };
    if (FILE.test(pathname) || link.hasAttribute('download')) track('File Downloaded', facts);
    else if (host !== location.host) track('Outbound Link Clicked', facts);
  };
  for (const name of ['click', 'auxclick'] as const) document.addEventListener(name, onClick, true);
}
