/**
 * `tidemark start`: the local stack, as `npm start` runs it.
 */
import type { Command } from '../kit/command.ts';

export const start: Command = {
  name: 'start',
  summary: 'Run Tidemark on this machine (the same as npm start)',
  usage: '[--port N] [--state DIR]',
  notes: 'Ready when it prints "Tidemark ready: http://127.0.0.1:8787". State survives restarts; Ctrl-C ends it.',
  examples: ['start', 'start --port 9000 --state ./state'],
  options: {
    port: { type: 'string', value: 'N', help: 'port (default 8787)' },
    state: { type: 'string', value: 'DIR', help: 'state folder (default .tidemark)' },
  },
  positionalsMax: 0,
  async run() {
    // The stack reads the command line itself, without the verb; it runs until a signal ends the process.
    process.argv.splice(2, 1);
    await import('../../local/start.ts');
    return 0;
  },
};
