// Run CLI: the CLI as a function from arguments to exit code and output.

import type { Io } from '../../../src/cli/kit/command.ts';
import { main } from '../../../src/cli/main.ts';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly notes: string;
}

export async function runCli(argv: readonly string[], given: Partial<Io> = {}): Promise<Outcome> {
  const out: string[] = [];
  const notes: string[] = [];
  const code = await main(argv, {
    env: {},
    cwd: process.cwd(),
    stdin: emptyInput,
    isTty: false,
    ...given,
    out: (line) => out.push(line),
    note: (line) => notes.push(line),
  });
  return { code, out: out.join('\n'), notes: notes.join('\n') };
}

const emptyInput: Io['stdin'] = Object.assign([] as Uint8Array[], {
  isTTY: true,
  async *[Symbol.asyncIterator]() {},
});

export function inputOf(text: string): Io['stdin'] {
  return {
    async *[Symbol.asyncIterator]() {
      yield text;
    },
  };
}
