/** Pages: the API as HTML, made from its document: the list of calls, and the codes of errors. */
import { EVENT_CODES, NOTE_CODES, PROBLEM_CODES } from '../wire/problem-codes.ts';
import type { OpenApiDocument } from './document.ts';

export const DOCS_CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #8884;vertical-align:top}
code{font-family:ui-monospace,monospace}h2{margin-top:2rem;text-transform:capitalize}:target{background:#fc04}`;

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly 'x-key'?: string;
}

export function docsPage(document: OpenApiDocument): string {
  const rows = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(([method, operation]) => ({ method, path, operation })),
  );
  const tags = [...new Set(rows.map(({ operation }) => operation.tags?.[0] ?? 'other'))];
  const sections = tags.map((tag) => {
    const own = rows.filter(({ operation }) => (operation.tags?.[0] ?? 'other') === tag);
    const lines = own.map(
      ({ method, path, operation }) =>
        `<tr><td><code>${method.toUpperCase()} ${escapeHtml(path)}</code></td><td>${escapeHtml(operation['x-key'] ?? '–')}</td>` +
        `<td>${escapeHtml(operation.summary ?? '')}${operation.description ? `<br><small>${escapeHtml(operation.description)}</small>` : ''}</td></tr>`,
    );
    return `<h2>${escapeHtml(tag)}</h2><table><tr><th>Call</th><th>Key</th><th></th></tr>${lines.join('')}</table>`;
  });
  return htmlPage(
    'Tidemark API',
    `<p>Schemas: <a href="/openapi.json">openapi.json</a> · Codes of errors: <a href="/docs/errors">/docs/errors</a></p>
<p>A key travels as <code>Authorization: Bearer</code>, as the Basic user name, or in <code>x-write-key</code>; never in a URL.</p>
${sections.join('\n')}`,
  );
}

/** The page at which the `type` of every problem points. */
export function errorsPage(): string {
  return htmlPage(
    'Tidemark errors',
    `<p>Errors are problem details (RFC 9457) with a stable <code>code</code>. With 429 and 503 comes <code>Retry-After</code>:
nothing of the request was acknowledged, and sending it again is safe.</p>
${codesTable(PROBLEM_CODES, '')}
<h2>Codes of one event</h2>
<p>They stand in <code>errors</code> of an answer of 200. Such an event is refused for good; those beside it are not concerned.</p>
${codesTable(EVENT_CODES, 'event:')}
<h2>Notes on one event</h2>
<p>They stand in <code>notes</code> of an answer of 200. Such an event was taken; the value at <code>path</code> was not, or not as it was sent.</p>
${codesTable(NOTE_CODES, 'note:')}`,
  );
}

function codesTable(codes: Readonly<Record<string, string>>, idPrefix: string): string {
  const rows = Object.entries(codes).map(
    ([code, meaning]) =>
      `<tr id="${idPrefix}${code}"><td><code>${code}</code></td><td>${escapeHtml(meaning)}</td></tr>`,
  );
  return `<table><tr><th>Code</th><th>Meaning</th></tr>${rows.join('')}</table>`;
}

function htmlPage(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${STYLE}</style><h1>${title}</h1>${body}</html>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
