/**
 * Screen: the output of the demo: a line for each step once it is done, and a last line that moves. Where the output is no
 * terminal, the last line is printed once a minute.
 */
import { MINUTE_MS } from '../../core/limits.ts';

export interface Screen {
  /** Prints a line that stays. */
  line(text: string): void;
  /** Shows the state of things in the last line. */
  moving(text: string): void;
}

const LABEL_WIDTH = 10;
const CLEAR_LINE = '\r\u001b[K';

export function newScreen(output: NodeJS.WriteStream): Screen {
  const isTty = output.isTTY === true;
  let printedAtMs = Number.NEGATIVE_INFINITY;
  return {
    line: (text) => output.write(`${isTty ? CLEAR_LINE : ''}${text}\n`),
    moving(text) {
      if (isTty) output.write(CLEAR_LINE + text.slice(0, (output.columns ?? 80) - 1));
      else if (Date.now() - printedAtMs >= MINUTE_MS) {
        printedAtMs = Date.now();
        output.write(`${text}\n`);
      }
    },
  };
}

/** @example labelled('Boards', '2 boards') // '  Boards     2 boards' */
export function labelled(label: string, text: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)} ${text}`;
}
