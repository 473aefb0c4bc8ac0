/**
 * Together: questions that are asked at the same moment travel as one call, whose events are then read once for all of them.
 *
 * A call that is refused tells nothing of the questions that were fine, so each part is then asked alone. A call is given up when
 * nobody waits for any part of it.
 */

export interface Answers<Answer> {
  readonly answers: Answer[];
}

interface TogetherOptions<Question, Answer> {
  /** Asks the questions of one group, and resolves with their answers in their order. */
  readonly send: (group: string, questions: readonly Question[], signal: AbortSignal) => Promise<Answers<Answer>>;
  /** Whether the error may be the fault of one question. */
  readonly isRefusal: (error: unknown) => boolean;
  /** Questions of one call. */
  readonly questionsMax: number;
}

interface Part<Question, Answer> {
  readonly questions: readonly Question[];
  readonly signal: AbortSignal;
  readonly resolve: (answers: Answers<Answer>) => void;
  readonly reject: (error: unknown) => void;
}

/** Returns the way to ask questions with those of the same group that come in the same moment. */
export function together<Question, Answer>({ send, isRefusal, questionsMax }: TogetherOptions<Question, Answer>) {
  type OwnPart = Part<Question, Answer>;
  /** The parts of each group's next call. */
  const waiting = new Map<string, OwnPart[]>();

  const sendParts = async (group: string, parts: readonly OwnPart[]): Promise<void> => {
    try {
      const { answers } = await send(group, questionsOf(parts), allAborted(parts));
      for (const { questions, resolve } of parts) resolve({ answers: answers.splice(0, questions.length) });
    } catch (error) {
      for (const part of parts) {
        if (parts.length > 1 && isRefusal(error)) void sendParts(group, [part]);
        else part.reject(error);
      }
    }
  };

  return (group: string, questions: readonly Question[], signal: AbortSignal) =>
    new Promise<Answers<Answer>>((resolve, reject) => {
      const part = { questions, signal, resolve, reject };
      const parts = waiting.get(group);
      if (parts && questionsOf([...parts, part]).length <= questionsMax) {
        parts.push(part);
        return;
      }
      const begun = [part];
      waiting.set(group, begun);
      queueMicrotask(() => {
        if (waiting.get(group) === begun) waiting.delete(group);
        void sendParts(group, begun);
      });
    });
}

function questionsOf<Question>(parts: readonly Part<Question, never>[]): Question[] {
  return parts.flatMap(({ questions }) => questions);
}

/** A signal that is aborted once those of all parts are. */
function allAborted(parts: readonly Pick<Part<never, never>, 'signal'>[]): AbortSignal {
  const controller = new AbortController();
  for (const { signal } of parts) {
    signal.addEventListener('abort', () => parts.every((part) => part.signal.aborted) && controller.abort());
  }
  return controller.signal;
}
