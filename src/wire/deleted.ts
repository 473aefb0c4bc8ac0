/** Deleted: the answer of the calls that remove something the tenant has saved. */
import { z } from 'zod';

export const deletedSchema = z.object({ deleted: z.object({ id: z.string() }) });
