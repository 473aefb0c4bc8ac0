/**
 * Failures: errors of the system and of broken files in the words of this program, with what the user does about them.
 */
import { CliError } from './command.ts';

const TEXTS: Readonly<Record<string, readonly [text: string, hint: string]>> = {
  ENOENT: ['does not exist', 'Check the path; it starts in the folder where you ran the command.'],
  EACCES: ['may not be opened', 'Check the permissions of the file and of its folder.'],
  EPERM: ['may not be opened', 'Check the permissions of the file and of its folder.'],
  EISDIR: ['is a folder, and a file is needed', 'Name a file in it.'],
  ENOTDIR: ['lies below a file, and a folder is needed', 'Check the path.'],
  EEXIST: ['already exists', 'Choose another name.'],
  EROFS: ['lies on a disk that is read-only', 'Choose another folder.'],
  ENOSPC: ['could not be written: the disk is full', 'Make room and run the same command again.'],
  EMFILE: ['could not be opened: too many files are open', 'End other programs, or raise the limit (ulimit -n).'],
  Z_DATA_ERROR: ['is not whole gzip data', 'The file is damaged: copy it again, and test it with gzip -t FILE.'],
  Z_BUF_ERROR: [
    'ends in the middle of its gzip data',
    'The file was cut short: copy it again, and test it with gzip -t FILE.',
  ],
};

/** The failure as a message and a hint; undefined for an error that nobody foresaw. */
export function explainFailure(error: unknown): CliError | undefined {
  if (!(error instanceof Error)) return undefined;
  // A failure without advice that wraps an error of the system gets the words of that error.
  if (error instanceof CliError) return error.hint ? error : (explainFailure(error.cause) ?? error);
  const { code = '', path } = error as NodeJS.ErrnoException;
  const [text, hint] = (Object.hasOwn(TEXTS, code) && TEXTS[code]) || [];
  return text === undefined ? undefined : new CliError(`${path ?? 'The file'} ${text}`, hint, { cause: error });
}
