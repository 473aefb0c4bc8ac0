/**
 * Together: questions that are asked at the same moment travel as one call, whose events are then read once for all of them.
 *
 * A call that is refused tells nothing of the questions that were fine, so each part is then asked alone. A call is given up when
 * nobody waits for any part of it.
 */

export interface TogetherOptions<Question, Answer> {
  /** Asks the questions of one group, and resolves with their answers in their order. */
  readonly send: (group: string, questions: readonly Question[], signal: AbortSignal) => Promise<readonly Answer[]>;
  /** Whether the error may be the fault of one question. */
  readonly isRefusal: (error: unknown) => boolean;
  /** Questions of one call. */
  readonly questionsMax: number;
}

interface Part<Question, Answer> {
  readonly questions: readonly Question[];
  readonly signal: AbortSignal;
  readonly resolve: (answers: readonly Answer[]) => void;
  readonly reject: (error: unknown) => void;
}

export class Together<Question, Answer> {
  readonly #options: TogetherOptions<Question, Answer>;
  readonly #waiting = new Map<string, Part<Question, Answer>[]>();

  constructor(options: TogetherOptions<Question, Answer>) {
    this.#options = options;
  }

  /** The answers of these questions, asked with those of the same group that come in the same moment. */
  ask(group: string, questions: readonly Question[], signal: AbortSignal): Promise<readonly Answer[]> {
    return new Promise((resolve, reject) => {
      const parts = this.#waiting.get(group) ?? [];
      const count = parts.reduce((sum, part) => sum + part.questions.length, questions.length);
      if (count > this.#options.questionsMax) this.#flush(group);
      if (!this.#waiting.has(group)) {
        this.#waiting.set(group, []);
        queueMicrotask(() => this.#flush(group));
      }
      this.#waiting.get(group)!.push({ questions, signal, resolve, reject });
    });
  }

  #flush(group: string): void {
    const parts = this.#waiting.get(group);
    this.#waiting.delete(group);
    if (parts !== undefined) void this.#send(group, parts);
  }

  async #send(group: string, parts: readonly Part<Question, Answer>[]): Promise<void> {
    const { send, isRefusal } = this.#options;
    const questions = parts.flatMap((part) => part.questions);
    try {
      const answers = await send(group, questions, allAborted(parts.map(({ signal }) => signal)));
      let from = 0;
      for (const part of parts) {
        part.resolve(answers.slice(from, from + part.questions.length));
        from += part.questions.length;
      }
    } catch (error) {
      if (parts.length > 1 && isRefusal(error)) for (const part of parts) void this.#send(group, [part]);
      else for (const part of parts) part.reject(error);
    }
  }
}

/** A signal that is aborted once all of these are. */
function allAborted(signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  const check = () => {
    if (signals.every(({ aborted }) => aborted)) controller.abort();
  };
  for (const signal of signals) signal.addEventListener('abort', check, { once: true });
  check();
  return controller.signal;
}
