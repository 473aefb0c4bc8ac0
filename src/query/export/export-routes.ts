/**
 * Export routes: `POST /v1/export`, the events of a range as a file; `GET /v1/export/:id`, the receipt of an export.
 *
 * How a client knows that the stream is whole: the answer names the export in `x-export-id`; when the last byte has been
 * made, and not before, a receipt is kept with the rows, bytes and SHA-256 of the stream. Without a receipt, or with another
 * hash, the file is not whole and the client asks again. HTTP trailers would say it too, but neither Workers nor browsers have
 * them; a last line inside the file would be a row that is not an event.
 */
import { Hono } from 'hono';
import { LIMITS } from '../../core/limits.ts';
import { parseQuery, QUERY_REFUSAL_CODES } from '../../core/query/question/request.ts';
import { toHex } from '../../core/std/hex.ts';
import { isoTime } from '../../core/std/instant.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { Problem } from '../../http/problem.ts';
import { route } from '../../http/route.ts';
import { logError } from '../../observe/log.ts';
import type { Services } from '../../services.ts';
import { type ExportBody, type ExportFormat, exportSchema, receiptSchema } from '../../wire/export.ts';
import { exportTurn } from '../call/call.ts';
import { beginAsking, type LakeTurn, type QueryPorts } from '../view/asking.ts';
import { invalidQuestion, problemOf, READING_CODES } from '../view/refusal.ts';
import type { ExportRequest } from './export-request.ts';
import { findReceipt } from './export-store.ts';
import { planExport } from './plan-export.ts';
import { streamExport } from './stream-export.ts';

export type ExportServices = Pick<Services, 'auth' | 'random'> & QueryPorts;

const EXPORT_ID_HEADER = 'x-export-id';
const EXPORT_ROWS_MAX_HEADER = 'x-export-rows-max';

const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  parquet: 'application/vnd.apache.parquet',
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson',
};

/** @example app.route('/v1/export', exportRoutes(services)) */
export function exportRoutes(services: ExportServices): Hono {
  const app = new Hono();
  const own = { tag: 'query', key: 'read' } as const;

  route(
    app,
    services.auth,
    {
      ...own,
      method: 'post',
      path: '/',
      summary: 'Exports the events of a range as Parquet, CSV or NDJSON',
      description:
        'The answer is a stream with each event once, those of the latest acknowledgement included. It is whole when ' +
        '`GET /v1/export/{x-export-id}` gives a receipt with its size and SHA-256. In CSV, a text that a spreadsheet would ' +
        "take for a formula, or that begins with ', is preceded by '.",
      body: { schema: exportSchema, sizeBytesMax: LIMITS.queryBodySizeBytesMax },
      answer: CONTENT_TYPES.parquet,
      errors: [...QUERY_REFUSAL_CODES, ...READING_CODES, 'shard-unavailable', 'export-tail-too-long'],
    },
    async ({ tenant, body }) => {
      const request = mustRequest(body, tenant, services);
      const turn = exportTurn(services, tenant);
      const { asking, plan } = await begin(services, { tenant, request, turn });
      return new Response(streamOf(streamExport(asking, plan), turn), {
        headers: {
          'content-type': CONTENT_TYPES[request.format],
          'content-disposition': `attachment; filename="${fileName(tenant, request)}"`,
          'cache-control': 'no-store',
          [EXPORT_ID_HEADER]: request.id,
          [EXPORT_ROWS_MAX_HEADER]: String(plan.rowsMax),
        },
      });
    },
  );

  route(
    app,
    services.auth,
    {
      ...own,
      method: 'get',
      path: '/:id',
      summary: 'Shows the receipt of an export that ended whole',
      answer: receiptSchema,
      errors: ['export-not-found'],
    },
    async ({ tenant, params: { id } }) => {
      const receipt = await findReceipt(services.db, tenant.uid, id);
      if (receipt === null) throw new Problem(404, 'export-not-found', 'No export with this id ended whole.');
      const { asOfMs, finishedAtMs, ...rest } = receipt;
      return { ...rest, asOf: isoTime(asOfMs), finishedAt: isoTime(finishedAtMs) };
    },
  );

  return app;
}

const ID_BYTES = 16;

function mustRequest(
  { format, columns, ...range }: ExportBody,
  tenant: Tenant,
  { random }: Pick<Services, 'random'>,
): ExportRequest {
  const parsed = parseQuery({ measure: 'count', ...range }, tenant.timezone);
  if (!parsed.ok) throw invalidQuestion(parsed.error);
  return { id: toHex(random(ID_BYTES)), format, columns: [...new Set(columns)], range: parsed.value };
}

function fileName({ id }: Tenant, { format, range: { startMs, endMs } }: ExportRequest): string {
  const date = (atMs: number) => isoTime(atMs).slice(0, 10);
  return `${id}-${date(startMs)}-${date(endMs - 1)}.${format}`;
}

interface Beginning {
  readonly tenant: Tenant;
  readonly request: ExportRequest;
  readonly turn: LakeTurn;
}

/** Plans an export. The turn ends here only when there will be no stream. */
async function begin(services: ExportServices, { tenant, request, turn }: Beginning) {
  try {
    await turn.take();
    const asking = { ...(await beginAsking(services, tenant, services.now())), turn };
    const planned = await planExport(asking, request);
    if (!planned.ok) throw problemOf(planned.error);
    return { asking, plan: planned.value };
  } catch (cause) {
    turn.end();
    throw cause;
  }
}

/**
 * Makes one piece at a time, when the reader has room, and nothing more once the reader has gone. The turn ends with the
 * stream.
 */
function streamOf(bytes: AsyncGenerator<Uint8Array>, turn: LakeTurn): ReadableStream<Uint8Array> {
  let isCancelled = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          for (;;) {
            const { done, value } = await bytes.next();
            // The reader may go while a piece is made.
            if (isCancelled) return;
            if (done) {
              turn.end();
              return controller.close();
            }
            if (value.length === 0) continue;
            return controller.enqueue(value);
          }
        } catch (cause) {
          turn.end();
          logError('export', cause);
          throw cause;
        }
      },
      async cancel() {
        isCancelled = true;
        turn.end();
        await bytes.return(undefined);
      },
    },
    { highWaterMark: 1 },
  );
}
