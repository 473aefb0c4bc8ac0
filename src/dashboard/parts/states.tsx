/** States: what stands in the place of data while there is none. */
import type { ComponentChildren } from 'preact';
import type { CallError } from '../data/api.ts';
import type { Asked } from '../data/ask.ts';
import { Button } from './button.tsx';

/** Holds the place of data that loads. `height` is that of the data, so that nothing moves when it arrives. */
export function Skeleton({ height }: { readonly height: number }) {
  return <div class="skeleton" style={{ height: `${height}px` }} />;
}

/** Says what would be here, and the one thing to do. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children && <div class="muted">{children}</div>}
    </div>
  );
}

/** Says what failed, with the code, and tries again. */
export function ErrorBox({ error, onRetry }: { readonly error: CallError; readonly onRetry?: () => void }) {
  return (
    <div class="error" role="alert">
      <p>
        {error.message} <code>{error.code}</code>
      </p>
      {onRetry && <Button onClick={onRetry}>Retry</Button>}
    </div>
  );
}

interface AnsweredProps<T> {
  readonly asked: Asked<T>;
  /** The height of the data, for the skeleton. */
  readonly height?: number;
  readonly children: (data: T) => ComponentChildren;
}

/** Shows an answer; before the first a skeleton, while a newer one loads the old one dimmed, and errors above it. */
export function Answered<T>({ asked, height = 160, children }: AnsweredProps<T>) {
  const { data, isLoading, isSlow, error, retry, stop } = asked;
  return (
    <div class="answered" aria-busy={isLoading}>
      {error && <ErrorBox error={error} onRetry={retry} />}
      {isSlow && (
        <p class="slow">
          Reading the events of this range… <Button onClick={stop}>Stop</Button>
        </p>
      )}
      {data === undefined ? (
        !error && <Skeleton height={height} />
      ) : (
        <div class={isLoading || error ? 'dim' : ''}>{children(data)}</div>
      )}
    </div>
  );
}
