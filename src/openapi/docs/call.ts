/** Call: one call of the API as a section of a page: what to send, and what comes back. */
import type { OpenApiDocument } from '../document.ts';
import type { Media, Operation, Parameter, Response } from '../operation.ts';
import { sampleOf } from '../sample.ts';
import { fieldHead, fieldsOf, typeName } from './fields.ts';
import { escapeHtml, inline, prose } from './html.ts';

export interface ShownCall {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export function callSection({ method, path, operation }: ShownCall, document: OpenApiDocument): string {
  const { summary, description, operationId } = operation;
  return `<section class="call" id="${operationId}">
<h2><a href="#${operationId}">${inline(summary)}</a></h2>
<p class="line"><span class="method ${method}">${method.toUpperCase()}</span> <code>${escapeHtml(path)}</code></p>
${description ? prose(description) : ''}
<p class="key">${keyText(operation)}</p>
<div class="sides"><div>
<h3>What to send</h3>
${parameterList(operation.parameters ?? [])}${requestFields(operation, document)}
</div><div>
<h4>Example</h4>
<pre tabindex="0"><code>${escapeHtml(curlOf({ method, path, operation }))}</code></pre>
</div></div>
<div class="sides"><div>
<h3>What comes back</h3>
${answerFields(operation, document)}
</div><div>
${answerExample(operation, document)}
</div></div>
${refusals(operation)}
</section>`;
}

const KEY_NAMES: Readonly<Record<string, string>> = {
  serverKey: 'a server key',
  browserKey: 'a browser key',
  readKey: 'a read key',
  adminKey: 'an admin key',
  shareKey: 'the key of a share link',
  rootKey: 'the root key',
};

function keyText({ security }: Operation): string {
  const names = security.flatMap((each) => Object.keys(each)).map((name) => KEY_NAMES[name] ?? name);
  return names.length === 0 ? 'No key is needed.' : `Needs ${names.join(' or ')}.`;
}

function parameterList(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return '';
  const rows = parameters.map(({ name, in: place, required, description, schema }) => {
    const type = `${place} · ${typeName(schema)}`;
    return `<li>${fieldHead({ name, type, isRequired: required, otherwise: schema.default, description })}</li>`;
  });
  return `<ul class="fields">${rows.join('')}</ul>`;
}

function requestFields({ requestBody, parameters = [] }: Operation, { components }: OpenApiDocument): string {
  if (requestBody === undefined) return parameters.length === 0 ? '<p>Nothing but the key.</p>' : '';
  const types = Object.keys(requestBody.content).map((type) => `<code>${escapeHtml(type)}</code>`);
  const schema = requestBody.content['application/json']?.schema;
  const name = schema === undefined ? '' : ` <span class="type">${escapeHtml(typeName(schema))}</span>`;
  const fields = schema === undefined ? '' : fieldsOf(schema, components.schemas);
  return `<p>The body as ${types.join(' or ')}${name}</p>${fields}`;
}

/** Such a body is written in the guides, and stands in a file. */
const FILE_BODY = "--data-binary @events.ndjson -H 'content-type: application/x-ndjson'";

function curlOf({ method, path, operation }: ShownCall): string {
  const { requestBody, security, parameters = [] } = operation;
  const needed = parameters.filter(({ in: place, required }) => place === 'query' && required);
  const query = needed.map(({ name }) => `${name}=…`).join('&');
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase());
  const parts = [
    `curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}"$TIDEMARK_URL${filled}${query && `?${query}`}"`,
  ];
  if (security.length > 0) parts.push('-H "authorization: Bearer $KEY"');
  const example = requestBody?.content['application/json']?.example;
  if (example !== undefined) {
    parts.push("-H 'content-type: application/json'");
    parts.push(`-d '${JSON.stringify(example, null, 2).replaceAll("'", "'\\''")}'`);
  } else if (requestBody !== undefined && requestBody.content['application/json'] === undefined) parts.push(FILE_BODY);
  return parts.join(' \\\n  ');
}

function successOf({ responses }: Operation): {
  readonly status: string;
  readonly content: Readonly<Record<string, Media>>;
} {
  const [status, response] = Object.entries(responses).find(([code]) => code.startsWith('2'))!;
  return { status, content: (response as Response).content ?? {} };
}

function answerFields(operation: Operation, { components }: OpenApiDocument): string {
  const { status, content } = successOf(operation);
  const types = Object.keys(content).map((type) => `<code>${escapeHtml(type)}</code>`);
  const schema = content['application/json']?.schema;
  const name = schema === undefined ? '' : ` <span class="type">${escapeHtml(typeName(schema))}</span>`;
  const as = types.length === 0 ? '' : ` with ${types.join(' or ')}${name}`;
  return `<p>Status <code>${status}</code>${as}</p>${schema === undefined ? '' : fieldsOf(schema, components.schemas)}`;
}

function answerExample(operation: Operation, { components }: OpenApiDocument): string {
  const media = successOf(operation).content['application/json'];
  if (media?.schema === undefined) return '';
  const value = media.example ?? sampleOf(media.schema, components.schemas);
  const title = media.example === undefined ? 'Its shape, with made-up values' : 'Example';
  return `<h4>${title}</h4><pre tabindex="0"><code>${escapeHtml(JSON.stringify(value, null, 2))}</code></pre>`;
}

function refusals({ responses }: Operation): string {
  const rows = Object.entries(responses).flatMap(([status, response]) => {
    const codes = [...String(response.description ?? '').matchAll(/`([a-z0-9-]+)`/g)].map(([, code]) => code!);
    if (status.startsWith('2') || !/^\d+$/.test(status)) return [];
    const links = codes.map((code) => `<a href="/docs/errors#${code}"><code>${code}</code></a>`);
    return [`<tr><th scope="row">${status}</th><td>${links.join(' ')}</td></tr>`];
  });
  if (rows.length === 0) return '';
  return `<details class="refusals"><summary>Refusals</summary><table>${rows.join('')}</table></details>`;
}
