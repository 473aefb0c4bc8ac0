/**
 * Standing: what a directory knows, by one call, or by two from a directory of the release before, which has no such call.
 *
 * During a gradual deployment the objects of some tenants still run the release before, for hours. Nobody would look after their
 * shards if the sweep failed on them.
 */
import type { DirectoryRpc, Standing } from '../core/shard/rpc.ts';

export async function readStanding(directory: DirectoryRpc): Promise<Standing> {
  try {
    return await directory.standing();
  } catch (cause) {
    if (!isMissingMethod(cause, 'standing')) throw cause;
  }
  const shards = await directory.list();
  return { ...(await directory.map()), shards };
}

/** Whether an object has refused a call because its class has no such method. Objects tell by the text of the error alone. */
export function isMissingMethod(cause: unknown, method: string): boolean {
  return cause instanceof Error && new RegExp(`\\bmethod "?${method}\\b`).test(cause.message);
}
