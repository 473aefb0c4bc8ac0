/**
 * Bootstrap: runs a program of this repository with its dependencies installed and a Node that is new enough.
 *
 *   node scripts/run.mjs [<file.ts | package binary> [arguments]]      without a program it only installs
 *
 * - The script has no dependencies and no new syntax: it runs on Node 20 in a clone without node_modules.
 * - Dependencies are installed when node_modules has every version of package-lock.json. The times of files say nothing
 *   after a checkout.
 * - The program runs on the user's Node when that runs `.ts` files and the toolchain supports it, else on the Node of
 *   the pinned platform package.
 * - The IPC channel tells the program when this process dies, so that `kill -9` leaves nothing behind.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');

/** The first Node 22 that strips types without a flag. */
export const nodeFloor = '22.18.0';

/** Whether this version of Node runs the whole toolchain: `^22.18 || ^24 || >=26`. vitest supports no odd majors. */
export function isNodeSupported(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return (major === 22 && minor >= 18) || major === 24 || major >= 26;
}

/** The packages whose installed version is not the wanted one. An optional package may be absent. */
export function outdatedPackages(wanted, installed) {
  return Object.entries(wanted)
    .filter(([path, entry]) => path !== '' && !entry.link)
    .filter(([path, entry]) =>
      installed[path] === undefined ? !entry.optional : installed[path].version !== entry.version,
    )
    .map(([path]) => path);
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return {};
  }
}

function npm(args) {
  const viaNode = process.env.npm_execpath?.endsWith('.js');
  const [command, prefix] = viaNode ? [process.execPath, [process.env.npm_execpath]] : ['npm', []];
  const shell = !viaNode && process.platform === 'win32';
  return spawnSync(command, [...prefix, ...args], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], shell });
}

function install() {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(join(modules, '.package-lock.json'));
  if (outdatedPackages(wanted, installed).length === 0) return;
  const startedAtMs = Date.now();
  process.stderr.write('Installing dependencies (npm ci) ... ');
  // Some packages exclude the user's Node in `engines`. The pinned Node runs them, so those warnings would mislead.
  const { status } = npm(['ci', '--loglevel=error']);
  if (status !== 0) {
    process.stderr.write('failed\n');
    process.exit(status ?? 1);
  }
  process.stderr.write(`done in ${Math.round((Date.now() - startedAtMs) / 1000)} s\n`);
}

/**
 * The Node that runs the program. npm puts node_modules/.bin, and with it the pinned Node, first on PATH, so the user's
 * Node is the one on which npm itself runs.
 */
function findNode() {
  const user = process.env.npm_node_execpath;
  const userVersion =
    user && user !== process.execPath
      ? spawnSync(user, ['--version'], { encoding: 'utf8' }).stdout?.trim()
      : process.versions.node;
  if (userVersion && isNodeSupported(userVersion)) return user ?? process.execPath;

  const target = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const file = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node';
  const pinned = [`node-${target}`, `node-bin-${target}`].map((name) => join(modules, name, file)).find(existsSync);
  if (pinned) return pinned;
  process.stderr.write(
    `Tidemark needs Node ${nodeFloor} or newer, not ${userVersion}. There is no pinned Node for ${target}.\n`,
  );
  process.exit(1);
}

function findProgram(name) {
  if (/\.(ts|mjs|js)$/.test(name)) return resolve(root, name);
  const owner = name === 'biome' ? '@biomejs/biome' : name;
  const { bin } = JSON.parse(readFileSync(join(modules, owner, 'package.json'), 'utf8'));
  return join(modules, owner, typeof bin === 'string' ? bin : bin[name]);
}

function run(name, args) {
  const node = findNode();
  const path = [dirname(node), join(modules, '.bin'), process.env.PATH].join(delimiter);
  const child = spawn(node, [findProgram(name), ...args], {
    env: { ...process.env, PATH: path },
    stdio: name.endsWith('.ts') ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  if (process.env.npm_lifecycle_event) endWithParent(child);
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

/** Ends the program when npm was killed, because no other process would end it then. */
function endWithParent(child) {
  const npmPid = findNpm();
  if (!npmPid) return;
  setInterval(() => !isAlive(npmPid) && child.kill('SIGTERM'), 500).unref();
}

/**
 * The pid of npm, which is the parent or the parent of the parent's shell; undefined when another program started this.
 */
function findNpm() {
  for (let pid = process.ppid, depth = 0; pid > 1 && depth < 3; depth++) {
    const { ppid, command } = describeProcess(pid);
    if (/\bnpm\b/.test(command)) return pid;
    pid = ppid;
  }
  return undefined;
}

function describeProcess(pid) {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '');
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return { ppid: Number(stat.split(' ')[1]), command: command.startsWith('sh -c') ? 'sh' : command };
    }
    const { stdout } = spawnSync('ps', ['-o', 'ppid=,comm=', '-p', String(pid)], { encoding: 'utf8' });
    const [, ppid, command] = /^\s*(\d+)\s+(.*)/.exec(stdout) ?? [];
    return { ppid: Number(ppid ?? 0), command: command ?? '' };
  } catch {
    return { ppid: 0, command: '' };
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

// The path of an argument may lead through a link, as in a checkout that is reached by one; that of a module never does.
const [, started = ''] = process.argv;
if (existsSync(started) && realpathSync(started) === fileURLToPath(import.meta.url)) {
  const [program, ...args] = process.argv.slice(2);
  install();
  if (program) run(program, args);
}
