/** UseBoardChanges: saves a changed board at the revision that was read, and removes it. */
import type { Board } from '../../boards/board.ts';
import type { CallError } from '../../data/api.ts';
import { change } from '../../data/ask.ts';
import { useAttempt } from '../../data/attempt.ts';
import { go, hrefOf } from '../../data/router.ts';

export interface BoardChanges {
  /** Resolves with whether the board was saved. */
  readonly save: (board: Board) => Promise<boolean>;
  readonly remove: () => Promise<void>;
  readonly error: CallError | null;
}

export function useBoardChanges({ id, revision }: Board, onChanged: () => void): BoardChanges {
  const { error, attempt } = useAttempt();
  const path = `/v1/boards/${encodeURIComponent(id)}`;
  const save = async ({ name, tiles }: Board) => {
    const isSaved = await attempt(() => change<Board>(path, { name, tiles, revision }, 'PUT'));
    if (isSaved) onChanged();
    return isSaved;
  };
  const remove = async () => {
    if (await attempt(() => change(path, undefined, 'DELETE'))) go(hrefOf('/boards'));
  };
  return { save, remove, error };
}
