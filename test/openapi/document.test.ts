// The API's document: it is valid, keeps the rules of a linter, has every route, and describes each in full.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Validator } from '@seriousme/openapi-schema-validator';
import { beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../src/local/paths.ts';
import { type OpenApiDocument, openApiOf, undocumentedRoutes } from '../../src/openapi/document.ts';
import type { Media, Operation, Response } from '../../src/openapi/operation.ts';
import { PROBLEM_CODES } from '../../src/wire/problem-codes.ts';
import { fakeApp } from '../support/fake-services.ts';

let document: OpenApiDocument;
const { app } = fakeApp();

beforeAll(() => {
  document = JSON.parse(JSON.stringify(openApiOf(app))) as OpenApiDocument;
}, 60_000);

function operations(): { readonly name: string; readonly operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      operation: operation!,
    })),
  );
}

function successOf({ responses }: Operation): Response {
  return Object.entries(responses).find(([status]) => status.startsWith('2'))![1] as Response;
}

const jsonOf = (content: Readonly<Record<string, Media>> | undefined): Media | undefined =>
  content?.['application/json'];

describe('the document', () => {
  it('is valid by the schema of OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate({ ...structuredClone(document) });
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  it('keeps the recommended rules of Redocly', { timeout: 30_000 }, async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const found = await lintFromString({ source: JSON.stringify(document), config });
    // The path of a vendor's SDK is the vendor's.
    const problems = found.filter(
      ({ ruleId, location }) =>
        ruleId !== 'no-path-trailing-slash' || location[0]?.pointer?.startsWith('#/paths/~1v1~1'),
    );
    expect(problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} at ${location[0]?.pointer}`)).toEqual(
      [],
    );
  });

  it('has every route of the app', () => {
    expect(undocumentedRoutes(app, document)).toEqual([]);
    expect(operations().length).toBeGreaterThan(60);
  });

  it('names every schema of a body and of an answer, but for the bodies of vendors', () => {
    const own = operations().filter(({ operation }) => !operation.tags.includes('SDKs'));
    const unnamed = own.flatMap(({ name, operation }) => [
      ...[jsonOf(operation.requestBody?.content)].map((media) => ({ name: `the body of ${name}`, media })),
      ...[jsonOf(successOf(operation).content)].map((media) => ({ name: `the answer of ${name}`, media })),
    ]);
    const wrong = unnamed.filter(({ media }) => media?.schema !== undefined && media.schema.$ref === undefined);
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  it('looks for names in every module of src/wire', () => {
    const text = readFileSync(join(root, 'src/openapi/named-schemas.ts'), 'utf8');
    const files = readdirSync(join(root, 'src/wire'), { recursive: true, encoding: 'utf8' });
    const modules = files
      .filter((file) => file.endsWith('.ts'))
      .filter((file) => /^export const \w+Schema\b/m.test(readFileSync(join(root, 'src/wire', file), 'utf8')));
    expect(modules.filter((file) => !text.includes(`'../wire/${file}'`))).toEqual([]);
  });

  it('says of each call which key opens it, and with which codes it refuses', () => {
    for (const { name, operation } of operations()) {
      expect(operation.summary, name).not.toMatch(/\.$/);
      const texts = Object.values(operation.responses).map((response) => String(response.description));
      const codes = texts.flatMap((text) => [...text.matchAll(/`([a-z0-9-]+)`/g)].map(([, code]) => code!));
      if (operation['x-key'] !== undefined) expect(codes, name).toContain('key-missing');
      expect(codes.filter((code) => !(code in PROBLEM_CODES))).toEqual([]);
    }
  });

  it('types conditions and the parts of cohorts', () => {
    const { Condition, CohortPart } = document.components.schemas;
    expect(JSON.stringify(Condition)).toContain('"#/components/schemas/Condition"');
    expect(JSON.stringify(CohortPart)).toContain('"#/components/schemas/CohortPart"');
  });
});
