/**
 * Export routes: `POST /v1/export`, the events of a range as a file; `GET /v1/export/:id`, the receipt of one.
 *
 * How a client knows that the stream is whole: the answer names the export in `x-export-id`; when the last byte has been
 * made, and not before, a receipt is kept with the rows, bytes and SHA-256 of the stream. No receipt, or another hash: not
 * whole, ask again. HTTP trailers would say it too, but neither Workers nor browsers have them; a last line inside the
 * file would be a row that is none.
 */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { ExportColumn } from '../../core/export/values.ts';
import { LIMITS } from '../../core/limits.ts';
import { parseQuery, querySchema } from '../../core/query/question/request.ts';
import { toHex } from '../../core/std/hex.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { describe } from '../../http/describe.ts';
import { Problem, parseJson } from '../../http/problem.ts';
import { LAKE_COLUMNS } from '../../lake/segment/segment-schema.ts';
import type { Services } from '../../services.ts';
import { beginAsking, type QueryPorts } from '../view/asking.ts';
import { invalidQuestion, problemOf } from '../view/refusal.ts';
import { EXPORT_FORMATS, type ExportFormat, type ExportRequest, planExport, streamExport } from './export.ts';
import { findReceipt } from './export-store.ts';

export type ExportServices = Pick<Services, 'auth' | 'random'> & QueryPorts;

const EXPORT_ID_HEADER = 'x-export-id';
const EXPORT_ROWS_MAX_HEADER = 'x-export-rows-max';

const EXPORT_COLUMNS: readonly ExportColumn[] = LAKE_COLUMNS.filter((column) => column !== 'pii');
/** Columns for Tidemark's own use are left out unless asked for. */
const DEFAULT_COLUMNS = EXPORT_COLUMNS.filter((column) => column !== 'key_hash' && column !== 'late');

const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  parquet: 'application/vnd.apache.parquet',
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson',
};

const exportSchema = querySchema.pick({ events: true, where: true, from: true, to: true, timezone: true }).extend({
  format: z.enum(EXPORT_FORMATS),
  columns: z
    .array(z.enum(EXPORT_COLUMNS as [ExportColumn, ...ExportColumn[]]))
    .min(1)
    .max(EXPORT_COLUMNS.length)
    .optional()
    .describe('In the order wanted (Parquet: in that of the lake); all but key_hash and late unless said.'),
});
const receiptSchema = z.object({
  id: z.string(),
  format: z.enum(EXPORT_FORMATS),
  rows: z.int(),
  sizeBytes: z.int(),
  sha256: z.string().describe('Of the whole stream, 64 hex digits.'),
  asOf: z.iso.datetime().describe('What happened before it is in.'),
  finishedAt: z.iso.datetime(),
});

export function exportRoutes(services: ExportServices): Hono {
  const app = new Hono();

  app.post(
    '/v1/export',
    describe({
      summary: 'The events of a range as Parquet, CSV or NDJSON',
      description:
        'A stream: each event once, those in the very last acknowledgement included. It is whole when ' +
        '`GET /v1/export/{x-export-id}` gives a receipt with its size and SHA-256. CSV: a text that a spreadsheet would ' +
        "take for a formula, or that begins with ', has one ' in front.",
      tag: 'query',
      key: 'read',
      body: exportSchema,
      answer: CONTENT_TYPES.parquet,
    }),
    async (c: Context) => {
      const { tenant } = await services.auth.authenticate(c.req.raw.headers, 'read');
      const body = await parseJson(c.req.raw, exportSchema, LIMITS.queryBodySizeBytesMax);
      const request = resolve(body, tenant, services);
      const asking = await beginAsking(services, tenant, services.now());
      const planned = await planExport(asking, request);
      if (!planned.ok) throw problemOf(planned.error);
      const bytes = streamExport(asking, planned.value);
      return new Response(streamOf(bytes), {
        headers: {
          'content-type': CONTENT_TYPES[request.format],
          'content-disposition': `attachment; filename="${fileName(tenant, request)}"`,
          'cache-control': 'no-store',
          [EXPORT_ID_HEADER]: request.id,
          [EXPORT_ROWS_MAX_HEADER]: String(planned.value.rowsMax),
        },
      });
    },
  );

  app.get(
    '/v1/export/:id',
    describe({
      summary: 'The receipt of an export that ended whole',
      tag: 'query',
      key: 'read',
      answer: receiptSchema,
    }),
    async (c) => {
      const { tenant } = await services.auth.authenticate(c.req.raw.headers, 'read');
      const receipt = await findReceipt(services.db, tenant.uid, c.req.param('id'));
      if (receipt === null) throw new Problem(404, 'export-not-found', 'No export of this id ended whole.');
      const { asOfMs, finishedAtMs, format, ...rest } = receipt;
      return c.json({
        ...rest,
        format: format as ExportFormat,
        asOf: new Date(asOfMs).toISOString(),
        finishedAt: new Date(finishedAtMs).toISOString(),
      } satisfies z.input<typeof receiptSchema>);
    },
  );

  return app;
}

function resolve(
  { format, columns = DEFAULT_COLUMNS as ExportColumn[], ...range }: z.output<typeof exportSchema>,
  tenant: Tenant,
  { random }: Pick<Services, 'random'>,
): ExportRequest {
  const parsed = parseQuery({ measure: 'count', ...range }, tenant.timezone);
  if (!parsed.ok) throw invalidQuestion(parsed.error);
  return { id: toHex(random(16)), format, columns: [...new Set(columns)], range: parsed.value };
}

function fileName({ id }: Tenant, { format, range: { startMs, endMs } }: ExportRequest): string {
  const date = (atMs: number) => new Date(atMs).toISOString().slice(0, 10);
  return `${id}-${date(startMs)}-${date(endMs - 1)}.${format}`;
}

/** One piece at a time, made when the reader has room; when the reader goes away, nothing more is made. */
function streamOf(bytes: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          for (;;) {
            const { done, value } = await bytes.next();
            if (done) return controller.close();
            if (value.length === 0) continue;
            return controller.enqueue(value);
          }
        } catch (cause) {
          console.error(JSON.stringify({ at: 'export', error: String(cause) }));
          throw cause;
        }
      },
      async cancel() {
        await bytes.return(undefined);
      },
    },
    { highWaterMark: 1 },
  );
}
