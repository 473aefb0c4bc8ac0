/**
 * The `tidemark` program: finds the command, runs it, and turns its errors into messages and an exit code.
 */
import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { audit } from './commands/audit.ts';
import { doctor } from './commands/doctor.ts';
import { exportCommand } from './commands/export.ts';
import { funnel } from './commands/funnel.ts';
import { importCommand } from './commands/import.ts';
import { key } from './commands/key.ts';
import { lake } from './commands/lake.ts';
import { live } from './commands/live.ts';
import { query } from './commands/query.ts';
import { seal } from './commands/seal.ts';
import { send } from './commands/send.ts';
import { simulate } from './commands/simulate.ts';
import { start } from './commands/start.ts';
import { tenant } from './commands/tenant.ts';
import { verify } from './commands/verify.ts';
import { type Command, helpOf, type Io, nearest, parseCommand, UsageError } from './kit/command.ts';
import { explainFailure } from './kit/failures.ts';

const COMMANDS: readonly Command[] = [
  start,
  tenant,
  key,
  audit,
  send,
  importCommand,
  exportCommand,
  lake,
  query,
  funnel,
  live,
  seal,
  verify,
  simulate,
  doctor,
];

const EXIT_OK = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** The exit code of a program that Ctrl-C ended: 128 and the number of the signal. */
const EXIT_INTERRUPTED = 130;

export async function main(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === 'help') {
    const topic = COMMANDS.find((command) => command.name === rest[0]);
    io.out(topic ? helpOf(topic) : overview());
    return name === undefined ? EXIT_USAGE : EXIT_OK;
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (!command) return refuseName(name, io);
  try {
    const args = parseCommand(command, rest);
    if (args) return await command.run(args, io);
    io.out(helpOf(command));
    return EXIT_OK;
  } catch (error) {
    return explain(error, command, io);
  }
}

function overview(): string {
  const width = Math.max(...COMMANDS.map((command) => command.name.length));
  return [
    'tidemark <command> [options]',
    '',
    ...COMMANDS.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    'tidemark <command> --help explains a command. --url or TIDEMARK_URL names the server. TIDEMARK_ROOT_KEY,',
    'TIDEMARK_WRITE_KEY, TIDEMARK_READ_KEY and TIDEMARK_ADMIN_KEY hold the keys. Without them the commands use the keys',
    'of the local stack, in the folder of --state or TIDEMARK_STATE.',
  ].join('\n');
}

function refuseName(name: string, io: Io): number {
  const near = nearest(
    name,
    COMMANDS.map((command) => command.name),
  );
  io.note(`tidemark: there is no command "${name}"${near ? ` (did you mean "${near}"?)` : ''}. See tidemark --help`);
  return EXIT_USAGE;
}

function explain(error: unknown, command: Command, io: Io): number {
  if (error instanceof UsageError) {
    io.note(`tidemark ${command.name}: ${error.message}. See tidemark ${command.name} --help`);
    return EXIT_USAGE;
  }
  const failure = explainFailure(error);
  if (failure) {
    io.note(`tidemark ${command.name}: ${failure.message}`);
    if (failure.hint) io.note(`  ${failure.hint}`);
    return EXIT_FAILED;
  }
  io.note(`tidemark ${command.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return EXIT_FAILED;
}

/** What the user reads after Ctrl-C; undefined when no command runs, or one that ends itself in order. */
function interruptionOf(name: string | undefined): string | undefined {
  const command = COMMANDS.find((candidate) => candidate.name === name && candidate !== start);
  if (!command) return undefined;
  return `tidemark ${command.name}: interrupted. ${command.interrupted ?? 'It is safe to run the command again.'}`;
}

// The path of an argument may lead through a link; that of a module never does.
const [, started = ''] = process.argv;
if (existsSync(started) && realpathSync(started) === fileURLToPath(import.meta.url)) {
  // npm runs scripts in the root of the package, but the paths of the user start in the user's folder.
  const io: Io = {
    env: process.env,
    cwd: process.env.INIT_CWD ?? process.cwd(),
    stdin: process.stdin,
    out: (line) => process.stdout.write(`${line}\n`),
    note: (line) => process.stderr.write(`${line}\n`),
    isTty: process.stderr.isTTY === true,
  };
  // A reader that closes the pipe early, such as `head`, is not a failure.
  process.stdout.on('error', () => process.exit(EXIT_OK));
  const interruption = interruptionOf(process.argv[2]);
  if (interruption)
    process.once('SIGINT', () => {
      process.stderr.write(`\n${interruption}\n`);
      process.exit(EXIT_INTERRUPTED);
    });
  process.exitCode = await main(process.argv.slice(2), io);
}
