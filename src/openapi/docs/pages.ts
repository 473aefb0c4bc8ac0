/**
 * Pages: the API as HTML, made from its document: an overview, a page for each tag, and the codes of errors.
 *
 * They have no script and no inline style, and read well on a phone and in print.
 */
import { EVENT_CODES, NOTE_CODES, PROBLEM_CODES } from '../../wire/problem-codes.ts';
import type { OpenApiDocument } from '../document.ts';
import { callSection, type ShownCall } from './call.ts';
import { escapeHtml, inline, prose, slugOf } from './html.ts';

export const DOCS_CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The page at `/docs`. */
export function overviewPage(document: OpenApiDocument): string {
  const { securitySchemes } = document.components;
  const keys = Object.values(securitySchemes).map(
    ({ description }) => `<li>${inline(firstSentences(description))}</li>`,
  );
  const sections = document['x-tagGroups'].flatMap(({ tags }) => tags.map((tag) => tagSummary(tag, document)));
  return page(
    'The API of Tidemark',
    document,
    '',
    `<h1>The API of Tidemark</h1>
${prose(document.info.description)}
<h2>Keys</h2>
<p>A key travels as <code>Authorization: Bearer</code>, as the Basic user name, or in <code>x-write-key</code>; never in a URL.</p>
<ul>${keys.join('')}</ul>
<p>The whole as a machine reads it: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
${sections.join('\n')}`,
  );
}

/** The page of a tag by the slug of its name; null when there is no such tag. */
export function tagPage(document: OpenApiDocument, slug: string): string | null {
  const tag = document.tags.find(({ name }) => slugOf(name) === slug);
  if (tag === undefined) return null;
  const calls = callsOf(tag.name, document);
  const list = calls.length > 1 ? callList(calls, '') : '';
  const sections = calls.map((call) => callSection(call, document));
  const head = `<h1>${escapeHtml(tag.name)}</h1>${prose(tag.description)}${list}`;
  return page(tag.name, document, tag.name, `${head}${sections.join('\n')}`);
}

/** The page at which the `type` of every problem points. */
export function errorsPage(document: OpenApiDocument): string {
  return page(
    'Errors',
    document,
    ERRORS,
    `<h1>Errors</h1>
<p>Errors are problem details (RFC 9457) with a stable <code>code</code>. With 429 and 503 comes <code>Retry-After</code>:
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

const ERRORS = 'Errors';

function tagSummary(tag: string, document: OpenApiDocument): string {
  const href = `/docs/${slugOf(tag)}`;
  return `<h2><a href="${href}">${escapeHtml(tag)}</a></h2>${callList(callsOf(tag, document), href)}`;
}

/** The calls with links to their sections of the page at `href`. */
function callList(calls: readonly ShownCall[], href: string): string {
  const rows = calls.map(({ method, path, operation: { operationId, summary } }) => {
    const name = `<span class="method ${method}">${method.toUpperCase()}</span>`;
    const link = `<a href="${href}#${operationId}"><code>${escapeHtml(path)}</code></a>`;
    return `<tr><td>${name} ${link}</td><td>${inline(summary)}</td></tr>`;
  });
  return `<table class="calls"><tbody>${rows.join('')}</tbody></table>`;
}

function callsOf(tag: string, { paths }: OpenApiDocument): ShownCall[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, operation]) => operation!.tags.includes(tag))
      .map(([method, operation]) => ({ method, path, operation: operation! })),
  );
}

function firstSentences(description: string): string {
  return description.split(' As `Authorization')[0]!;
}

function codesTable(codes: Readonly<Record<string, string>>, idPrefix: string): string {
  const rows = Object.entries(codes).map(
    ([code, meaning]) => `<tr id="${idPrefix}${code}"><td><code>${code}</code></td><td>${inline(meaning)}</td></tr>`,
  );
  return `<table><thead><tr><th>Code</th><th>Meaning</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function page(title: string, document: OpenApiDocument, current: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)} · Tidemark</title><link rel="stylesheet" href="/docs/style.css"></head>
<body><div class="frame"><nav aria-label="Parts of the API"><a class="brand" href="/docs">Tidemark API</a>
${groupLists(document, current)}</nav><main>${body}</main></div></body></html>`;
}

function groupLists(document: OpenApiDocument, current: string): string {
  const groups = document['x-tagGroups'].map(({ name, tags }) => {
    const items = tags.map((tag) => navItem(tag, `/docs/${slugOf(tag)}`, current));
    return `<h2>${escapeHtml(name)}</h2><ul>${items.join('')}</ul>`;
  });
  return `<div>${groups.join('')}<h2>Reference</h2><ul>${navItem(ERRORS, '/docs/errors', current)}<li><a href="/openapi.json">openapi.json</a></li></ul></div>`;
}

function navItem(name: string, href: string, current: string): string {
  return `<li><a href="${href}"${name === current ? ' aria-current="page"' : ''}>${escapeHtml(name)}</a></li>`;
}
