import type { InferAnswer, InferCall } from '../infer-call.ts';
import { infer } from '../infer.ts';
import type { InferRequest } from '../infer-request.ts';
import { readBody } from '../protocol/read-body.ts';
import { traceOf } from '../tracing.ts';
import { demand, type Exchange, type RestParts } from './parts.ts';

export interface Asked {
  readonly model: string;
  readonly version: number | null;
}

/** Lets a request in (token, quota, load), reads it, and has it answered. Throws `HttpError`. */
export async function admitAndInfer(
  parts: RestParts,
  exchange: Exchange,
  { model, version }: Asked,
  parse: (body: Buffer) => InferRequest | Promise<InferRequest>,
): Promise<{ answer: InferAnswer; request: InferRequest }> {
  const { request: message, header, started } = exchange;
  demand(message, 'POST');
  const caller = parts.callers.identify(header('authorization'), message.socket.remoteAddress ?? '');
  parts.quota.take(caller);
  parts.shedder.enter(caller.priority);
  try {
    const at = Date.now();
    const body = await readBody(message, parts.settings);
    const request = await parse(body);
    const call: InferCall = { model, version, request, caller, header, started, at };
    return { answer: await infer(parts, call), request };
  } finally {
    parts.shedder.leave();
  }
}

/** Headers that say which version answered, under which id and trace. */
export function answerHeaders(answer: InferAnswer, exchange: Exchange): Record<string, string | number> {
  const headers: Record<string, string | number> = {
    'x-request-id': answer.id,
    'x-pawl-version': answer.route.version,
    'x-pawl-arm': answer.route.arm,
  };
  if (answer.cached) headers['x-pawl-cache'] = 'hit';
  const trace = traceOf(exchange.header);
  if (trace !== null) {
    headers.traceparent = trace.traceparent;
    if (trace.tracestate !== null) headers.tracestate = trace.tracestate;
  }
  return headers;
}
