// Options: the command line of a program of this repository. `--help` prints a text and ends the program; an unknown option
// is refused with a sentence and the same text.

import { type ParseArgsConfig, parseArgs } from 'node:util';

type OptionsConfig = NonNullable<ParseArgsConfig['options']>;
type Values<T extends OptionsConfig> = ReturnType<typeof parseArgs<{ options: T }>>['values'];

/** Reads the options of this process. Ends it with code 0 after `--help`, and with code 2 after a refusal. */
export function readOptions<const T extends OptionsConfig>(help: string, options: T): Values<T> {
  let values: Values<T> & { readonly help?: boolean };
  try {
    values = parseArgs({ options: { ...options, help: { type: 'boolean', short: 'h' } } }).values as typeof values;
  } catch (cause) {
    console.error(`${(cause as Error).message}\n\n${help}`);
    process.exit(2);
  }
  if (!values.help) return values;
  console.log(help);
  process.exit(0);
}
