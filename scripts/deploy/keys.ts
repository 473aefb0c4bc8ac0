/**
 * Keys of a deployment: which secrets an upload brings. A root key is made only for a Worker that does not exist; a
 * Worker that has one keeps it, and another one is refused unless the key is rotated.
 */
import { rootKeyFingerprint, rootKeyProblem } from '../../src/http/root-key.ts';

export const ROOT_KEY = 'TIDEMARK_ROOT_KEY';
export const PREVIOUS_KEY = 'TIDEMARK_ROOT_KEY_PREVIOUS';
export const SIGNING_KEY = 'TIDEMARK_SIGNING_KEY';
/** A variable and no secret: it names the root key that the Worker has. */
export const FINGERPRINT = 'TIDEMARK_ROOT_KEY_FINGERPRINT';

export type Secrets = Readonly<Partial<Record<typeof ROOT_KEY | typeof PREVIOUS_KEY | typeof SIGNING_KEY, string>>>;

/** What the platform says of a Worker that exists. */
export interface DeployedWorker {
  readonly secretNames: ReadonlySet<string>;
  readonly fingerprint: string | null;
}

export interface KeySources {
  /** Null when the platform says that there is no such Worker. */
  readonly worker: DeployedWorker | null;
  /** The keys of the file that the last deployment saved. */
  readonly saved: Secrets;
  /** The keys of the environment. */
  readonly given: Secrets;
  readonly isRotating: boolean;
  readonly makeKey: () => string;
  /**
   * Tries a root key on the running Worker: a Worker of an older release tells no fingerprint. Absent when the address of
   * the Worker is not given.
   */
  readonly tryKey?: ((key: string) => Promise<boolean>) | undefined;
}

export interface KeyPlan {
  /** The secrets that the upload brings; empty when the Worker keeps those it has. */
  readonly upload: Secrets;
  /** Whether the root key of the Worker is known, and weak. */
  readonly isWeak?: boolean;
  /** Null when nobody knows the root key of the Worker. */
  readonly fingerprint: string | null;
}

export async function planKeys(sources: KeySources): Promise<KeyPlan> {
  const plan = await planOf(sources);
  // The key of a Worker that exists is not new: refusing a weak one would lock its operator out.
  const isNew = sources.worker === null || plan.upload[PREVIOUS_KEY] !== undefined;
  const problem = isNew && plan.upload[ROOT_KEY] !== undefined ? rootKeyProblem(plan.upload[ROOT_KEY]) : null;
  if (problem) throw new Error(`${ROOT_KEY}: ${problem}`);
  return plan;
}

function planOf(sources: KeySources): Promise<KeyPlan> {
  const { worker, isRotating } = sources;
  if (worker === null) return firstKeys(sources);
  if (!worker.secretNames.has(ROOT_KEY)) return missingKey(sources, worker);
  if (isRotating && !worker.secretNames.has(PREVIOUS_KEY)) return rotatedKeys(sources, worker);
  return keptKey(sources, worker);
}

/** A root key from the environment signs alone, so that the environment has all that a second such Worker needs. */
async function firstKeys({ saved, given, makeKey }: KeySources): Promise<KeyPlan> {
  if (given[ROOT_KEY]) return uploadOf({ ...pick(given, SIGNING_KEY), [ROOT_KEY]: given[ROOT_KEY] });
  if (saved[ROOT_KEY]) return uploadOf(saved);
  return uploadOf({ [ROOT_KEY]: makeKey(), [SIGNING_KEY]: makeKey() });
}

async function missingKey({ saved, given }: KeySources, worker: DeployedWorker): Promise<KeyPlan> {
  const keys = given[ROOT_KEY] ? given : saved;
  if (!keys[ROOT_KEY])
    throw new Error(`the Worker exists and has no ${ROOT_KEY}: set it to the key that signed the keys of its tenants`);
  await refuseAnother(keys[ROOT_KEY], worker);
  return { ...(await uploadOf(keys)), isWeak: isWeak(keys[ROOT_KEY]) };
}

async function keptKey({ saved, given, tryKey }: KeySources, worker: DeployedWorker): Promise<KeyPlan> {
  const known = given[ROOT_KEY] ?? saved[ROOT_KEY];
  if (known && worker.fingerprint === null && tryKey) {
    if (!(await tryKey(known))) throw new Error(`the Worker refuses this ${ROOT_KEY}: unset it, or set the right one`);
    return { upload: {}, fingerprint: await rootKeyFingerprint(known), isWeak: isWeak(known) };
  }
  if (known) await refuseAnother(known, worker);
  return { upload: {}, fingerprint: worker.fingerprint, isWeak: isWeak(known) };
}

function isWeak(key: string | undefined): boolean {
  return key !== undefined && rootKeyProblem(key) !== null;
}

async function refuseAnother(key: string, { fingerprint }: DeployedWorker): Promise<void> {
  if (fingerprint === null || (await rootKeyFingerprint(key)) === fingerprint) return;
  throw new Error(
    `${ROOT_KEY} is not the root key of the Worker (its fingerprint is ${fingerprint}): unset it, or change the key of the Worker by --rotate-root-key`,
  );
}

/**
 * The new root key beside the one that it replaces. Where the old one signed, it goes on signing, so that the keys in
 * shipped apps stay valid.
 */
async function rotatedKeys(sources: KeySources, worker: DeployedWorker): Promise<KeyPlan> {
  const { saved, given, makeKey } = sources;
  const old = await keyOf(worker, sources);
  if (!old && worker.fingerprint === null)
    throw new Error(
      `the Worker of an older release does not tell its root key: set ${PREVIOUS_KEY} to it and TIDEMARK_URL to the address of the Worker, where the key is tried`,
    );
  if (!old) throw new Error(`set ${PREVIOUS_KEY} to the root key that the Worker has, which the rotation replaces`);
  // A rotation that failed has saved the key that it made.
  const next = [given[ROOT_KEY], saved[ROOT_KEY]].find((key) => key && key !== old) ?? makeKey();
  const signing = worker.secretNames.has(SIGNING_KEY) ? pick(saved, SIGNING_KEY) : { [SIGNING_KEY]: old };
  return uploadOf({ ...signing, [ROOT_KEY]: next, [PREVIOUS_KEY]: old });
}

/** The root key that the Worker has; undefined when none of the known keys is it. */
async function keyOf({ fingerprint }: DeployedWorker, { saved, given, tryKey }: KeySources) {
  const keys = [given[PREVIOUS_KEY], saved[PREVIOUS_KEY], saved[ROOT_KEY], given[ROOT_KEY]];
  for (const key of keys) {
    if (!key) continue;
    const isIt = fingerprint === null ? await tryKey?.(key) : (await rootKeyFingerprint(key)) === fingerprint;
    if (isIt) return key;
  }
  return undefined;
}

async function uploadOf(upload: Secrets & { readonly [ROOT_KEY]?: string }): Promise<KeyPlan> {
  return { upload, fingerprint: await rootKeyFingerprint(upload[ROOT_KEY]!) };
}

function pick(keys: Secrets, name: keyof Secrets): Secrets {
  return keys[name] ? { [name]: keys[name] } : {};
}
