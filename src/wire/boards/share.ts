/**
 * Share links on the wire: making, listing and revoking them, and the board as its link shows it.
 */
import { z } from 'zod';
import { boardSchema, givenIdSchema, TILE_KINDS, tileSchema } from './board.ts';

export const newShareSchema = z
  .strictObject({
    board: givenIdSchema,
    expiresAt: z.iso
      .datetime({ offset: true })
      .nullable()
      .default(null)
      .describe('The end of the link. Default: it lasts until it is revoked.'),
  })
  .meta({ id: 'NewShare' });

const shareSchema = z
  .object({
    id: z.string(),
    board: z.string(),
    hint: z.string().describe('The last four characters of the key.'),
    createdAt: z.iso.datetime(),
    madeBy: z.string().describe('The id of the key that made it.'),
    expiresAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Share' });
export type WireShare = z.output<typeof shareSchema>;

export const createdShareSchema = shareSchema
  .extend({ key: z.string().describe('The secret, shown this once: it belongs behind the # of `/shared#<key>`.') })
  .meta({ id: 'CreatedShare' });

export const sharesPageSchema = z.strictObject({
  board: givenIdSchema.optional().describe('Lists the links of this board. Default: of all boards.'),
});
export const shareListSchema = z
  .object({ shares: z.array(shareSchema).describe('The active ones, the oldest first.') })
  .meta({ id: 'ShareList' });

/** An id: the first 16 digits of the key's hash. */
export const shareIdSchema = z.string().regex(/^[0-9a-f]{16}$/);
export const revokedShareSchema = z.object({ revoked: z.object({ id: z.string() }) }).meta({ id: 'RevokedShare' });

/** A tile as a link shows it: not its question, whose filters may name people. */
const sharedTileSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    chart: tileSchema.shape.chart,
    place: tileSchema.shape.place,
    kind: z.enum(TILE_KINDS).describe('The call that gives such answers: `query`, or the journey of this name.'),
  })
  .meta({ id: 'SharedTile' });

export const sharedBoardSchema = z
  .object({
    tenant: z.object({ name: z.string(), timezone: z.string() }),
    board: boardSchema.pick({ name: true, updatedAt: true }).extend({ tiles: z.array(sharedTileSchema) }),
    expiresAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'SharedBoard' });
