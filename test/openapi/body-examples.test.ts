// Every example of a body is one that its call takes.
import { describe, expect, it } from 'vitest';
import { openApiOf } from '../../src/openapi/document.ts';
import { takeLog } from '../support/expect-log.ts';
import { fakeApp, ROOT_KEY } from '../support/fake-services.ts';

describe('the examples of the document', () => {
  it('are taken by the calls that they belong to', { timeout: 60_000 }, async () => {
    const { app, call, createTenant } = fakeApp();
    const { keys } = await createTenant('acme');
    const operations = Object.entries(openApiOf(app).paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        operation: operation!,
      })),
    );
    const own = operations.filter(({ operation }) => !operation.tags.includes('SDKs'));
    const refused: string[] = [];
    for (const { method, path, operation } of own) {
      const media = operation.requestBody?.content['application/json'];
      if (media === undefined) continue;
      if (media.example === undefined) refused.push(`${method} ${path} has no example`);
      const keyOf = (scope: string | undefined) =>
        scope?.includes('root') ? ROOT_KEY : scope === 'write' || scope === 'server' ? keys.server : keys.admin;
      const target = path.replaceAll(/\{\w+\}/g, 'x1').replace('/v1/tenants/x1', '/v1/tenants/acme');
      const { status, body } = await call(method, target, { key: keyOf(operation['x-key']), body: media.example });
      // What is named by an id is not there, and no shard answers in this test.
      if (![200, 201, 202, 404, 503].includes(status))
        refused.push(`${method} ${path}: ${status} ${body.code} ${body.detail}`);
    }
    takeLog('http.problem');
    expect(refused).toEqual([]);
  });
});
