/** Lazy: a component whose module is loaded when it is first shown. Two of them beside each other need keys: the module is state. */
import type { ComponentChildren, ComponentType } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import { CallError } from '../data/api.ts';
import { ErrorBox } from './states.tsx';

type LazyProps<Props> = {
  readonly load: () => Promise<{ readonly default: ComponentType<Props> }>;
  /** Holds the place until the module is here. Default: nothing. */
  readonly wait?: ComponentChildren;
} & Props;

export function Lazy<Props extends object>({ load, wait = null, ...props }: LazyProps<Props>) {
  const [Shown, setShown] = useState<ComponentType<Props> | null>(null);
  const [hasFailed, setFailed] = useState(false);
  useLayoutEffect(() => {
    load().then(
      (module) => setShown(() => module.default),
      () => setFailed(true),
    );
  }, []);
  // A newer build has other names for its modules, which only a document that is loaded anew knows.
  if (hasFailed) return <ErrorBox error={FAILED} onRetry={() => location.reload()} />;
  return Shown === null ? <>{wait}</> : <Shown {...(props as unknown as Props & { key?: string })} />;
}

const FAILED = new CallError(0, 'offline', 'This part of the page could not be loaded.');
