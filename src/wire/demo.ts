/** Demo keys on the wire: the keys that the page at `/` uses on a local stack. */
import { z } from 'zod';

export const demoKeysSchema = z.object({ tenant: z.string(), write: z.string(), read: z.string() });
export type DemoKeys = z.output<typeof demoKeysSchema>;
