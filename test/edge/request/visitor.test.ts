import { describe, expect, it } from 'vitest';
import { RequestHead } from '../../../src/edge/request/head.ts';
import { type Visitor, visitOf } from '../../../src/edge/request/visitor.ts';

const visit = (headers: Readonly<Record<string, string>>, told?: Visitor) =>
  visitOf(new RequestHead(new Request('http://tidemark.test/', { headers })), told);

describe('the visitor of a request', () => {
  const sender = { 'cf-connecting-ip': '198.51.100.1', 'user-agent': 'A' };

  it('is the sender, unless a server names another', () => {
    expect(visit(sender)).toEqual({
      visitor: { address: '198.51.100.1', userAgent: 'A' },
      context: { cookieless: true },
    });
    expect(visit({ ...sender, 'x-forwarded-for': '203.0.113.7, 198.51.100.1' })).toEqual({
      visitor: { address: '203.0.113.7', userAgent: 'A' },
      context: { cookieless: true, ip: '203.0.113.7' },
    });
    expect(visit({ ...sender, 'x-forwarded-for': '198.51.100.1' }).context).toEqual({ cookieless: true });
    expect(visit(sender, { address: '203.0.113.9', userAgent: 'B' }).visitor).toEqual({
      address: '203.0.113.9',
      userAgent: 'B',
    });
  });

  it('has no address where the platform tells none', () => {
    expect(visit({ 'user-agent': 'A' })).toEqual({
      visitor: { address: null, userAgent: 'A' },
      context: { cookieless: true },
    });
  });
});
