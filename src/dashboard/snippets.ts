/**
 * Snippets: commands to copy, with the origin of this page.
 */
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
  const to = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const from = new Date(Date.now() - 6 * 86_400_000).toISOString().slice(0, 10);
  return `curl ${origin}/v1/query -H "authorization: Bearer ${key}" \\
  ${JSON_HEADER} \\
  -d '{"measure":"count","interval":"day","from":"${from}","to":"${to}"}'`;
}

const SAID_FOR_MS = 1_500;

/** Copies the text; where the browser does not allow that, it selects it. */
export function attachCopy(button: HTMLButtonElement, source: HTMLElement): void {
  const name = button.textContent;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(source.textContent ?? '');
      button.textContent = 'Copied';
    } catch {
      getSelection()?.selectAllChildren(source);
      button.textContent = 'Selected';
    }
    setTimeout(() => (button.textContent = name), SAID_FOR_MS);
  });
}
