/**
 * Boards on the wire: listing, showing, putting and removing boards, and answering their tiles.
 *
 * A board is a grid of twelve columns. A tile on it has a question: a saved one by its id, a body of `/v1/query`, or a body of a
 * journey's call.
 */
import { z } from 'zod';
import { JOURNEY_KINDS } from '../../core/journeys/kinds.ts';
import { LIMITS } from '../../core/limits.ts';
import type { DeepReadonly } from '../../core/std/deep-readonly.ts';
import { JOURNEY_CALLS, type JourneyName } from '../journeys.ts';
import { reportAnswerSchema } from '../query.ts';

const ID_LENGTH_MAX = 40;
const COLUMNS = 12;
const TILE_ROWS_MAX = 24;

/** An id that the client chooses. */
export const givenIdSchema = z
  .string()
  .max(ID_LENGTH_MAX)
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'must have lower-case letters, digits and -, and begin with a letter or digit');

export const CHARTS = ['line', 'area', 'bar', 'number', 'table', 'journey'] as const;

const placeSchema = z
  .strictObject({
    x: z
      .int()
      .min(0)
      .max(COLUMNS - 1),
    y: z
      .int()
      .min(0)
      .max(LIMITS.boardRowsMax - 1),
    w: z.int().min(1).max(COLUMNS),
    h: z.int().min(1).max(TILE_ROWS_MAX),
  })
  .refine(({ x, w }) => x + w <= COLUMNS, { path: ['w'], message: `must end within the ${COLUMNS} columns` })
  .describe('The place on the grid of 12 columns: its left upper corner, its width and its height.')
  .meta({ id: 'TilePlace' });

const journeyNames = JOURNEY_KINDS.map(({ name }) => name) as [JourneyName, ...JourneyName[]];

const tileFields = {
  id: givenIdSchema.describe('Unique on the board.'),
  title: z.string().trim().min(1).max(LIMITS.nameLengthMax),
  chart: z.enum(CHARTS).describe('`journey` is the drawing that belongs to the kind of the journey.'),
  place: placeSchema,
};
const tileJourneySchema = z.strictObject({
  kind: z.enum(journeyNames),
  question: z
    .record(z.string(), z.unknown())
    .describe('A body of POST /v1/query/<kind>, in which `last: "30 days"` may stand in place of `from` and `to`.'),
});

/** A tile has one of three things to show, which an example made of all members would not. */
const TILE_EXAMPLE = {
  id: 'orders',
  title: 'Orders by country',
  chart: 'line',
  place: { x: 0, y: 0, w: 6, h: 4 },
  query: { measure: 'count', events: ['Order Completed'], groupBy: ['country'], interval: 'day', last: '30 days' },
};

export const tileSchema = z
  .strictObject({
    ...tileFields,
    insight: z.string().max(ID_LENGTH_MAX).optional().describe('The id of a saved question.'),
    query: z.unknown().optional().describe('A body of POST /v1/query. With `last`, its range moves with the time.'),
    journey: tileJourneySchema.optional(),
  })
  .refine(
    ({ insight, query, journey }) => [insight, query, journey].filter((each) => each !== undefined).length === 1,
    'must have one of insight, query and journey',
  )
  .meta({ id: 'Tile', examples: [TILE_EXAMPLE] });
export type Tile = DeepReadonly<z.output<typeof tileSchema>>;

const tilesSchema = z
  .array(tileSchema)
  .max(LIMITS.boardTilesMax)
  .refine((tiles) => new Set(tiles.map(({ id }) => id)).size === tiles.length, 'must have tiles with different ids');

export const newBoardSchema = z
  .strictObject({
    name: z.string().trim().min(1).max(LIMITS.nameLengthMax),
    tiles: tilesSchema,
    revision: z
      .int()
      .min(0)
      .optional()
      .describe(
        'The revision that was read; 0 for a board that must be new. Left out: replaces the board whatever it is.',
      ),
  })
  .meta({ id: 'NewBoard' });

export const boardSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    tiles: z.array(tileSchema),
    revision: z.int().describe('Grows with each change.'),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Board' });
export type WireBoard = z.output<typeof boardSchema>;

export const boardListSchema = z
  .object({
    boards: z
      .array(boardSchema.omit({ tiles: true }).extend({ tileCount: z.int() }))
      .describe('By name, without tiles.'),
  })
  .meta({ id: 'BoardList' });

const answeredFields = {
  tile: z.object({ id: z.string(), title: z.string(), chart: z.enum(CHARTS) }),
  answeredAt: z.iso.datetime().describe('The time of the answer, which may be half a minute old.'),
};
const journeyAnswers = journeyNames.map((name) =>
  z.object({ ...answeredFields, kind: z.literal(name), answer: JOURNEY_CALLS[name].answer as z.ZodObject }),
);

/** `kind` tells which call gives such an answer: `/v1/query`, or that of the journey. */
export const tileAnswerSchema = z
  .discriminatedUnion('kind', [
    z.object({ ...answeredFields, kind: z.literal('query'), answer: reportAnswerSchema }),
    ...journeyAnswers,
  ])
  .meta({ id: 'TileAnswer' });
export type TileAnswer = DeepReadonly<z.output<typeof tileAnswerSchema>>;
export type TileKind = 'query' | JourneyName;
export const TILE_KINDS = ['query', ...journeyNames] as const;
