import { headerNames } from '../call/header-names.ts';
import type { Asked, InferMessage } from '../call/infer-message.ts';
import type { InferAnswer, InferCall } from '../call/infer-call.ts';
import { infer } from '../inference/infer.ts';
import type { InferRequest } from '../call/infer-request.ts';
import { traceOf } from '../call/tracing.ts';
import { nextTurn } from '../turn.ts';
import type { RestParts } from './exchange.ts';

const largeBytes = 64 * 1024;
const manyTensors = 500;

/** Lets a request in (token, quota, load), reads it, and has it answered. Throws `HttpError`. */
export async function admitAndInfer(
  parts: RestParts,
  message: InferMessage,
  { model, version }: Asked,
  parse: (body: Buffer) => InferRequest | Promise<InferRequest>,
): Promise<{ answer: InferAnswer; request: InferRequest }> {
  const { header, address, started } = message;
  const caller = message.admitted ?? parts.admission.admit(header, address);
  try {
    const at = Date.now();
    const body = typeof message.body === 'function' ? await message.body() : message.body;
    const parsed = parse(body);
    const request = parsed instanceof Promise ? await parsed : parsed;
    // What took milliseconds to read takes some to answer.
    if (body.length > largeBytes || request.tensors.size > manyTensors) await nextTurn();
    const call: InferCall = { model, version, request, caller, header, started, at };
    return { answer: await infer(parts, call), request };
  } finally {
    parts.admission.leave();
  }
}

/** Headers that say which version answered, under which id and trace. */
export function answerHeaders(
  answer: InferAnswer,
  { header }: Pick<InferMessage, 'header'>,
): Record<string, string | number> {
  const headers: Record<string, string | number> = {
    'x-request-id': answer.id,
    [headerNames.version]: answer.route.version,
    [headerNames.arm]: answer.route.arm,
  };
  if (answer.cached) headers[headerNames.cache] = 'hit';
  const trace = traceOf(header);
  if (trace !== null) {
    headers.traceparent = trace.traceparent;
    if (trace.tracestate !== null) headers.tracestate = trace.tracestate;
  }
  return headers;
}
