// What /docs shows as the answer of a call is one that its schema takes.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { descriptionOf } from '../../src/http/describe.ts';
import { openApiOf } from '../../src/openapi/document.ts';
import type { Content } from '../../src/openapi/operation.ts';
import { sampleOf } from '../../src/openapi/sample.ts';
import { fakeApp } from '../support/fake-services.ts';

describe('the answers that the reference shows', () => {
  it('are parsed by the schemas of their calls', { timeout: 60_000 }, () => {
    const { app } = fakeApp();
    const { paths, components } = openApiOf(app);
    const refused: string[] = [];
    let parsed = 0;
    for (const { method, path, handler } of app.routes) {
      const route = descriptionOf(handler);
      const schema = route?.answer;
      if (!(schema instanceof z.ZodType)) continue;
      const place = path.replaceAll(/:(\w+)/g, '{$1}');
      const operation = paths[place]?.[method.toLowerCase()];
      const content = operation?.responses[route?.status ?? 200]?.content as Content | undefined;
      const media = content?.['application/json'];
      if (media?.schema === undefined) continue;
      const shown = media.example ?? sampleOf(media.schema, components.schemas);
      const { success, error } = schema.safeParse(shown);
      parsed++;
      if (!success) refused.push(`${method} ${place}: ${z.prettifyError(error!)}`);
    }
    expect(refused).toEqual([]);
    expect(parsed).toBeGreaterThan(60);
  });
});
