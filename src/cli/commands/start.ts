/**
 * `tidemark start`: runs the local stack, as `npm start` does.
 */
import type { Command } from '../kit/command.ts';

export const start: Command = {
  name: 'start',
  summary: 'Run Tidemark on this machine (the same as npm start)',
  usage: '[--port N] [--state DIR]',
  notes: `
The stack is ready when it prints "Tidemark ready: http://127.0.0.1:8787". Ctrl-C ends it. Its state survives restarts.`,
  examples: ['start', 'start --port 9000 --state ./state'],
  options: {
    port: { type: 'string', value: 'N', help: 'port (default 8787)' },
    state: { type: 'string', value: 'DIR', help: 'state folder (default: TIDEMARK_STATE, else .tidemark)' },
  },
  positionalsMax: 0,
  async run() {
    // The stack reads the command line itself, so the verb is removed. It runs until a signal ends the process.
    process.argv.splice(2, 1);
    await import('../../local/start.ts');
    return 0;
  },
};
