/** Button: a verb that can be pressed. `primary` is the one thing to do, `quiet` has no border. */
import type { ComponentChildren, JSX } from 'preact';

type ButtonProps = {
  readonly kind?: 'plain' | 'primary' | 'quiet' | 'danger';
  readonly children: ComponentChildren;
} & Omit<JSX.IntrinsicElements['button'], 'class' | 'children'>;

export function Button({ kind = 'plain', type = 'button', children, ...rest }: ButtonProps) {
  return (
    <button type={type} class={`button ${kind}`} {...rest}>
      {children}
    </button>
  );
}
