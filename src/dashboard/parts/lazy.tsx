/** Lazy: a component whose module is loaded when it is first shown. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

type LazyProps<Props> = { readonly load: () => Promise<{ readonly default: ComponentType<Props> }> } & Props;

export function Lazy<Props extends object>({ load, ...props }: LazyProps<Props>) {
  const [Shown, setShown] = useState<ComponentType<Props> | null>(null);
  useEffect(() => {
    load().then((module) => setShown(() => module.default));
  }, []);
  return Shown === null ? null : <Shown {...(props as unknown as Props & { key?: string })} />;
}
