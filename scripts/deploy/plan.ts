/**
 * Plan: the resources that a deployment needs besides the Worker, and the configuration of one environment, both made
 * from wrangler.toml.
 */
import type { Unstable_Config as Config } from 'wrangler';

export interface Resources {
  readonly database: string;
  readonly buckets: readonly string[];
  readonly queues: readonly string[];
}

type ResourceConfig = Pick<Config, 'd1_databases' | 'r2_buckets' | 'queues'>;

/** `production` is deployed under the names of wrangler.toml, every other environment under names of its own. */
export const ENVIRONMENTS = ['production', 'staging'] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

export function isEnvironment(text: string): text is Environment {
  return ENVIRONMENTS.some((environment) => environment === text);
}

export function resourcesOf(config: ResourceConfig): Resources {
  return {
    database: config.d1_databases[0]?.database_name ?? '',
    buckets: config.r2_buckets.flatMap(({ bucket_name }) => bucket_name ?? []),
    queues: queueNames(config),
  };
}

/** The reasons why this configuration must not be deployed; empty when it may be. */
export function findProblems(config: ResourceConfig, toml: string): string[] {
  const consumed = new Set(config.queues.consumers?.map(({ queue }) => queue));
  const unconsumed = queueNames(config).filter((name) => !consumed.has(name));
  return [
    ...unconsumed.map((name) => `queue ${name} has no consumer: it would drop its messages silently`),
    ...(config.d1_databases.length === 1 ? [] : ['a deployment needs exactly one D1 database']),
    ...(/^database_id = /m.test(toml) ? [] : ['the D1 database has no database_id line to fill in']),
    ...(/^\s*TIDEMARK_\w+\s*=/m.test(toml) ? ['a TIDEMARK_ variable is set: keys are secrets, never variables'] : []),
  ];
}

/**
 * The configuration of the environment. The environment's name follows the product's, `tidemark-staging-flush-dlq`,
 * because the last part of a queue's name is its role.
 */
export function environmentToml(toml: string, environment: Environment): string {
  if (environment === 'production') return toml;
  return toml.replace(
    /^(name|database_name|bucket_name|queue|dead_letter_queue|dataset) = "tidemark(-[^"]*)?"/gm,
    (_, key: string, rest = '') => `${key} = "tidemark-${environment}${rest}"`,
  );
}

export function withDatabaseId(toml: string, id: string): string {
  return toml.replace(/^database_id = .*$/m, `database_id = "${id}"`);
}

/** The configuration without Analytics Engine, which an account has only after somebody switched it on. */
export function withoutAnalytics(toml: string): string {
  return toml.replace(/^\[\[analytics_engine_datasets\]\]\n(?:\w.*\n)*/m, '');
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
