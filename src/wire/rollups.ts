/**
 * Rollups on the wire: listing the tenant's rollups, adding and removing one of its own.
 */
import { z } from 'zod';

export { rollupSchema as newRollupSchema } from '../core/rollup/rollup.ts';

export const rollupSchema = z.object({
  id: z.string(),
  name: z.string(),
  where: z.unknown().optional(),
  dimensions: z.array(z.string()),
  numbers: z.array(z.string()),
  builtIn: z.boolean(),
  tellsBots: z.boolean().describe('Whether it answers questions that leave bots out.'),
});
export type WireRollup = z.output<typeof rollupSchema>;
export const rollupListSchema = z.object({ rollups: z.array(rollupSchema) });
