/**
 * Parameters: the properties of an event whose vendor writes each in a parameter of a URL, as a text.
 */
import type { Wire } from '../../../core/event/event-fields.ts';
import type { Draft } from './draft.ts';
import { numeric } from './loose.ts';

/** Our properties by the vendor's parameters. */
export type Parameters = Readonly<Record<string, string>>;

/** Puts the parameters that are there. `numbers`: our properties that are numbers. */
export function putParameters(draft: Draft, sent: Wire, parameters: Parameters, numbers: ReadonlySet<string>): void {
  for (const [name, ours] of Object.entries(parameters)) {
    const value = sent[name];
    if (value == null || value === '') continue;
    draft.property(ours, numbers.has(ours) ? numeric(value) : value, `/${name}`);
  }
}
