/**
 * Reply: answers a call without events, such as an SDK's question for its settings.
 */
import { LIMITS } from '../core/limits.ts';
import type { ProtocolAnswer, ReplyCall } from './protocols/protocol.ts';
import { type ReceiveDeps, receive } from './receive.ts';
import { readBody } from './request/body.ts';
import { type PathParams, RequestHead } from './request/head.ts';
import { orRefuse } from './request/refusal.ts';

export async function reply(
  request: Request,
  call: ReplyCall,
  params: PathParams,
  deps: ReceiveDeps,
): Promise<ProtocolAnswer> {
  const head = new RequestHead(request, params);
  if (call.needsKey) {
    const { parsed } = await receive(request, { head, call, parse: (read) => call.reply(read) }, deps);
    return parsed.answer;
  }
  const body = await readPublicBody(request, call);
  return orRefuse(call.reply({ head, ...body })).answer;
}

/** Reads the body of a call that needs no key, within the limit of a sender that has not shown one. */
async function readPublicBody(request: Request, { body }: ReplyCall) {
  if (body === undefined) return { contentType: '', bytes: new Uint8Array(0) };
  return orRefuse(await readBody(request, body, LIMITS.keylessBodySizeBytesMax));
}
