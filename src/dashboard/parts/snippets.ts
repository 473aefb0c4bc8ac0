/**
 * Snippets: shell commands that the user copies, with the origin of this page.
 */
import { DAY_MS } from '../../core/limits.ts';

const JSON_HEADER = "-H 'content-type: application/json'";

export function createSnippet(origin: string): string {
  return `curl ${origin}/v1/tenants -H "authorization: Bearer $TIDEMARK_ROOT_KEY" \\
  ${JSON_HEADER} -d '{"id":"shop","name":"Shop"}'`;
}

export function sendSnippet(origin: string, key: string): string {
  return `curl ${origin}/v1/events -H "authorization: Bearer ${key}" \\
  ${JSON_HEADER} \\
  -d '{"type":"track","event":"Signed Up","userId":"ada","properties":{"plan":"pro"}}'`;
}

export function askSnippet(origin: string, key: string): string {
  const to = new Date(Date.now() + DAY_MS).toISOString().slice(0, 10);
  const from = new Date(Date.now() - 6 * DAY_MS).toISOString().slice(0, 10);
  return `curl ${origin}/v1/query -H "authorization: Bearer ${key}" \\
  ${JSON_HEADER} \\
  -d '{"measure":"count","interval":"day","from":"${from}","to":"${to}"}'`;
}

const NOTICE_MS = 1_500;

/** Makes the button copy the text of `source`, or select it when the browser does not allow copying. */
export function attachCopy(button: HTMLButtonElement, source: HTMLElement): void {
  const label = button.textContent;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(source.textContent ?? '');
      button.textContent = 'Copied';
    } catch {
      getSelection()?.selectAllChildren(source);
      button.textContent = 'Selected';
    }
    setTimeout(() => (button.textContent = label), NOTICE_MS);
  });
}
