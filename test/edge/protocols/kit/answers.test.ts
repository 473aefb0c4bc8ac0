// Answers: the forms that several vendors share.

import { describe, expect, it } from 'vitest';
import {
  pixelAnswer,
  problemMembers,
  scriptAnswer,
  statusAnswer,
  textAnswer,
} from '../../../../src/edge/protocols/kit/answers.ts';
import { Problem } from '../../../../src/http/problem.ts';

describe('answers', () => {
  it('are a pixel, a text, a script, or JSON of any status', () => {
    expect(new TextDecoder('latin1').decode(pixelAnswer().body as Uint8Array)).toMatch(/^GIF89a/);
    expect([pixelAnswer(503).status, pixelAnswer().headers]).toEqual([503, { 'content-type': 'image/gif' }]);
    expect(textAnswer('1', 202)).toMatchObject({ status: 202, body: '1' });
    expect(scriptAnswer('a()').headers['content-type']).toContain('javascript');
    expect(statusAnswer(400, { code: 400 })).toMatchObject({ status: 400, body: '{"code":400}' });
  });

  it('carry the members of a problem', () => {
    expect(problemMembers(new Problem(401, 'key-missing', 'No key.'))).toEqual({
      type: '/docs/errors#key-missing',
      status: 401,
      code: 'key-missing',
      detail: 'No key.',
    });
  });
});
