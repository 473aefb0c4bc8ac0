// Chromium for the tests of pages: the installed program, without a window and without calls to other hosts.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome'];

/** The path of the program; undefined when none is installed. */
export const chromiumPath = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) => names.map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** A browser with a window: events of one without are those of a bot, which questions leave out. */
const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

/** `further`: arguments beside the usual ones. */
export function launchChromium(further: readonly string[] = []): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error(`No browser is installed: ${names.join(', ')} are not on the path`);
  return chromium.launch({
    executablePath: chromiumPath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      `--user-agent=${USER_AGENT}`,
      ...further,
    ],
  });
}
