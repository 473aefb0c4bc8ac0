/** Facts: figures with their names, side by side. */

export interface Fact {
  readonly name: string;
  readonly value: string;
  /** Marks a figure that should not be. */
  readonly isBad?: boolean;
}

export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts.map(({ name, value, isBad }) => (
        <div key={name} class={isBad ? 'bad' : ''}>
          <dt>{name}</dt>
          <dd>
            {isBad && <span aria-hidden="true">⚠ </span>}
            {value}
          </dd>
        </div>
      ))}
    </dl>
  );
}
