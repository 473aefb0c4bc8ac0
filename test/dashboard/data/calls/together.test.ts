import { describe, expect, it } from 'vitest';
import { together } from '../../../../src/dashboard/data/calls/together.ts';

class Refused extends Error {}

/** Answers each question with itself; one that is `bad` refuses its call, and `never` is not answered. */
function server() {
  const calls: { group: string; questions: readonly string[]; signal: AbortSignal }[] = [];
  const ask = together<string, string>({
    questionsMax: 4,
    isRefusal: (error) => error instanceof Refused,
    send: async (group, questions, signal) => {
      calls.push({ group, questions, signal });
      if (questions.includes('never')) return new Promise(() => {});
      if (questions.includes('bad')) throw new Refused('bad');
      if (questions.includes('broken')) throw new Error('broken');
      return { answers: questions.map((question) => `${group} ${question}`) };
    },
  });
  return { calls, ask };
}

const on = () => new AbortController().signal;
const sizes = (calls: readonly { questions: readonly string[] }[]) => calls.map(({ questions }) => questions.length);

describe('questions of the same moment', () => {
  it('are one call of each group, and each part gets its own answers', async () => {
    const { calls, ask } = server();
    const parts = [ask('k', ['a', 'b'], on()), ask('k', ['c'], on()), ask('other', ['d'], on())];
    const answers = (await Promise.all(parts)).map((part) => part.answers);
    expect(answers).toEqual([['k a', 'k b'], ['k c'], ['other d']]);
    expect(calls.map(({ questions }) => questions)).toEqual([['a', 'b', 'c'], ['d']]);
    await ask('k', ['e'], on());
    expect(calls.length).toBe(3);
  });

  it('are as many calls as they need', async () => {
    const { calls, ask } = server();
    const parts = [['a', 'b', 'c'], ['d', 'e'], ['f', 'g'], ['h']].map((part) => ask('k', part, on()));
    expect((await Promise.all(parts)).flatMap(({ answers }) => answers).length).toBe(8);
    expect(sizes(calls)).toEqual([3, 4, 1]);
  });

  it('are asked alone when their call is refused, so that one fault is told of one part', async () => {
    const { calls, ask } = server();
    const parts = await Promise.allSettled([ask('k', ['a'], on()), ask('k', ['bad'], on())]);
    expect(parts.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(sizes(calls)).toEqual([2, 1, 1]);
  });

  it('fail together when the call fails', async () => {
    const { calls, ask } = server();
    const parts = await Promise.allSettled([ask('k', ['a'], on()), ask('k', ['broken'], on())]);
    expect(parts.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(sizes(calls)).toEqual([2]);
  });

  it('are given up when nobody waits for any of them', async () => {
    const { calls, ask } = server();
    const [one, other] = [new AbortController(), new AbortController()];
    void ask('k', ['never'], one.signal);
    void ask('k', ['a'], other.signal);
    await Promise.resolve();
    one.abort();
    expect(calls[0]!.signal.aborted).toBe(false);
    other.abort();
    expect(calls[0]!.signal.aborted).toBe(true);
  });
});
