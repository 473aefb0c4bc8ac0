/** Attempt: what a user does that may fail, with the error to be shown when it did. */
import { useState } from 'preact/hooks';
import { type CallError, callErrorOf } from './api.ts';

export interface Attempt {
  /** The error of the last attempt; null while one runs and after one that worked. */
  readonly error: CallError | null;
  /** Resolves with whether the action worked. */
  readonly attempt: (action: () => Promise<unknown>) => Promise<boolean>;
}

/**
 * @example
 * const { error, attempt } = useAttempt();
 * const remove = () => attempt(() => change(path, undefined, 'DELETE'));
 */
export function useAttempt(): Attempt {
  const [error, setError] = useState<CallError | null>(null);
  const attempt = async (action: () => Promise<unknown>): Promise<boolean> => {
    setError(null);
    try {
      await action();
      return true;
    } catch (thrown) {
      setError(callErrorOf(thrown));
      return false;
    }
  };
  return { error, attempt };
}
