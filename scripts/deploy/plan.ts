/**
 * Plan: the resources that a deployment needs besides the Worker, read from wrangler.toml, each with the command that
 * finds it and the command that creates it.
 */
import type { Unstable_Config as Config } from 'wrangler';

export type Resource = { readonly name: string; readonly exists: string[]; readonly create: string[] };

export function resourcesOf(config: Pick<Config, 'd1_databases' | 'r2_buckets' | 'queues'>): Resource[] {
  const databases = config.d1_databases.map(({ database_name = '' }) => database_name);
  const buckets = config.r2_buckets.map(({ bucket_name = '' }) => bucket_name);
  return [
    ...databases.map((name) => ({ name, exists: ['d1', 'info', name], create: ['d1', 'create', name] })),
    ...buckets.map((name) => ({
      name,
      exists: ['r2', 'bucket', 'info', name],
      create: ['r2', 'bucket', 'create', name],
    })),
    ...queueNames(config).map((name) => ({
      name,
      exists: ['queues', 'info', name],
      create: ['queues', 'create', name],
    })),
  ];
}

/** The reasons why this configuration must not be deployed; empty when it may be. */
export function findProblems(config: Pick<Config, 'queues' | 'd1_databases'>, toml: string): string[] {
  const consumed = new Set(config.queues.consumers?.map(({ queue }) => queue));
  const unconsumed = queueNames(config).filter((name) => !consumed.has(name));
  return [
    ...unconsumed.map((name) => `queue ${name} has no consumer: it would drop its messages silently`),
    ...(config.d1_databases.length === 1 ? [] : ['a deployment needs exactly one D1 database']),
    ...(/^database_id = /m.test(toml) ? [] : ['the D1 database has no database_id line to fill in']),
    ...(/^\s*TIDEMARK_\w+\s*=/m.test(toml) ? ['a TIDEMARK_ variable is set: keys are secrets, never variables'] : []),
  ];
}

export function describeCommand(args: readonly string[]): string {
  return `wrangler ${args.join(' ')}`;
}

/** The names of all queues. Dead letter queues appear only in the settings of consumers. */
function queueNames({ queues }: Pick<Config, 'queues'>): string[] {
  const produced = queues.producers?.map(({ queue }) => queue) ?? [];
  const consumed = queues.consumers?.flatMap(({ queue, dead_letter_queue }) => [queue, dead_letter_queue]) ?? [];
  return [...new Set([...produced, ...consumed])].filter((name) => name !== undefined).sort();
}
