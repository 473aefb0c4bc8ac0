/**
 * Key form: takes a read key where the server has no demo tenant, and finds out whose it is.
 */
import { CallError, readWhoami } from '../data/api.ts';
import { forgetKey, keepKey, keptKey } from '../data/kept-key.ts';
import { element } from './dom.ts';

/** What the page needs to show a tenant: its id and a key that opens questions. */
export interface Reader {
  readonly tenant: string;
  readonly read: string;
}

/** Shows the form; `onReader` is called with the tenant once the user has given a key that can read. */
export function attachKeyForm(onReader: (reader: Reader) => void): void {
  const field = element('read-key') as HTMLInputElement;
  const button = element('show-numbers') as HTMLButtonElement;
  element('key-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    showKeyProblem('');
    try {
      const key = field.value.trim();
      const reader = await readerOf(key);
      keepKey(key);
      field.value = '';
      onReader(reader);
    } catch (error) {
      showKeyProblem(error instanceof Error ? error.message : String(error));
      field.select();
    } finally {
      button.disabled = false;
    }
  });
  element('forget-key').addEventListener('click', () => {
    forgetKey();
    location.reload();
  });
}

/** The tenant of the key that this tab keeps; null when it has none, or one that has ended. */
export async function readKept(): Promise<Reader | null> {
  const key = keptKey();
  if (key === null) return null;
  try {
    return await readerOf(key);
  } catch (error) {
    if (!(error instanceof CallError) || (error.status !== 401 && error.status !== 403)) throw error;
    forgetKey();
    showKeyProblem(`${error.message} Give another key.`);
    return null;
  }
}

async function readerOf(key: string): Promise<Reader> {
  if (!/^[\x21-\x7e]+$/.test(key)) throw new Error('Give a read key: it begins with tm_read_.');
  const [, scope] = /^tm_(server|browser|write|read|admin)_/.exec(key) ?? [];
  if (scope === undefined) throw new Error('This is not the key of a tenant: a read key begins with tm_read_.');
  if (scope !== 'read')
    throw new Error(
      `This is ${scope === 'admin' ? 'an' : 'a'} ${scope} key. The page needs a read key: it begins with tm_read_.`,
    );
  return { tenant: (await readWhoami(key)).tenant, read: key };
}

function showKeyProblem(text: string): void {
  const problem = element('key-problem');
  problem.textContent = text;
  problem.hidden = text === '';
}
