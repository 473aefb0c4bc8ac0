/**
 * Note full: notes that the person of an event that links an id has as many ids as a person may have. The event is taken; where
 * its id is new to the person, the link is not made.
 */
import type { RoutableEvent, Step, StepContext } from './step.ts';

export function noteFull({ notes, isFull }: Pick<StepContext, 'notes' | 'isFull'>): Step<RoutableEvent> {
  return (event) => {
    const { type, user_id: user, anonymous_id: device } = event.record.strings;
    const links = type === 'alias' || (type === 'identify' && device != null);
    if (links && user != null && isFull?.(user)) notes.push({ code: 'person-full', path: '/userId' });
    return event;
  };
}
