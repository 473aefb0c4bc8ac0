/**
 * After a funnel: the people who left a funnel before a step, or reached it, as the question for their paths takes them. The URL
 * of the page of paths has it as one parameter.
 */
import type { MatcherBody } from './step.ts';

export interface AfterFunnel {
  readonly steps: readonly (MatcherBody & { readonly name: string })[];
  readonly windowSeconds: number;
  readonly order?: 'any';
  readonly same?: string;
  readonly step: number;
  readonly outcome: 'reached' | 'dropped';
}

/** The funnel of a parameter; null when it has none. The server says what else is wrong with it. */
export function parseAfterFunnel(text: string | null): AfterFunnel | null {
  if (text === null) return null;
  try {
    const after = JSON.parse(text) as Partial<AfterFunnel> | null;
    const isFunnel = Array.isArray(after?.steps) && typeof after.step === 'number' && after.step <= after.steps.length;
    return isFunnel && (after.outcome === 'reached' || after.outcome === 'dropped') ? (after as AfterFunnel) : null;
  } catch {
    return null;
  }
}

/** Who they are, in words. */
export function afterFunnelWords({ steps, step, outcome }: AfterFunnel): string {
  const nameOf = (place: number) => steps[place - 1]?.name ?? `step ${place}`;
  if (outcome === 'reached') return `reached ${nameOf(step)}`;
  return `did ${nameOf(step - 1)} and left before ${nameOf(step)}`;
}
