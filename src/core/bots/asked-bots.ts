/**
 * AskedBots: what a question says about bots, settled with what its tenant chose.
 *
 * The question's own `bots` counts first. Without it, a question that names the device or the reason of bots, as a filter, a
 * group or a measure, counts them: what it asks for must not be taken away in silence. Any other follows the tenant.
 */
import type { Condition } from '../event/condition.ts';
import { type Bots, NOT_BOT, namesBots } from './bots.ts';

export interface AskedBots {
  readonly choice: Bots;
  /** Where the choice comes from. */
  readonly by: 'question' | 'names' | 'tenant';
  /** The question's condition before bots were left out of it: it tells which of them it would have counted. */
  readonly where: Condition | null;
}

/** The part of a question that bots change. */
export interface BotsQuestion {
  /** With `NOT_BOT` when bots are left out. */
  readonly where: Condition | null;
  readonly bots: AskedBots;
}

/** `names`: all properties that the question names. Without a choice of its own it includes bots until `settleBots`. */
export function askedBots(
  where: Condition | null,
  { bots, names }: { readonly bots: Bots | undefined; readonly names: readonly string[] },
): BotsQuestion {
  if (bots !== undefined) return chosen(where, bots, 'question');
  return chosen(where, 'include', namesBots(names) ? 'names' : 'tenant');
}

/** Returns the question by the tenant's choice, where it leaves the choice to the tenant. Default: bots are included. */
export function settleBots<Question extends BotsQuestion>(question: Question, tenantBots: Bots = 'include'): Question {
  const { where, by } = question.bots;
  return by === 'tenant' ? { ...question, ...chosen(where, tenantBots, by) } : question;
}

export function excludesBots({ bots }: Pick<BotsQuestion, 'bots'>): boolean {
  return bots.choice === 'exclude';
}

function chosen(where: Condition | null, choice: Bots, by: AskedBots['by']): BotsQuestion {
  const asked = choice === 'include' ? where : where === null ? NOT_BOT : { and: [where, NOT_BOT] };
  return { where: asked, bots: { choice, by, where } };
}
