import { describe, expect, it } from 'vitest';
import { Refused, Steps } from '../../../src/edge/steps/step.ts';

const refused = new Refused({ code: 'event-too-large', path: '', message: 'Too large.' });

describe('steps', () => {
  it('hand the event on, in their order', () => {
    const steps = Steps.first((text: string) => text.length)
      .next((length) => length * 2)
      .next((length, index) => `${index}: ${length}`);
    expect(steps.run('abc', 7)).toBe('7: 6');
  });

  it('may be many', () => {
    let steps: Steps<number, number> = Steps.first((event: number) => event + 1);
    for (let i = 1; i < 10; i++) steps = steps.next((event) => (event === 20 ? refused : event + 1));
    expect([steps.run(0, 0), steps.run(11, 0), steps.run(20, 0)]).toEqual([10, refused, 30]);
  });

  it('end with the first refusal', () => {
    const seen: number[] = [];
    const note = (event: number) => {
      seen.push(event);
      return event;
    };
    const steps = Steps.first(note)
      .next((event) => (event > 1 ? refused : event))
      .next(note);
    expect([steps.run(1, 0), steps.run(2, 1)]).toEqual([1, refused]);
    expect(seen).toEqual([1, 1, 2]);
  });
});
