import { traceOf } from './tracing.ts';

const requestId = /^[\x20-\x7e]{1,256}$/;

/** Whether a request may have the id: 1 to 256 printable ASCII characters. */
export const isRequestId = (id: string): boolean => requestId.test(id);

/** What an answer repeats of a request that was refused, so that its client can tell which: the id that the client gave, and the trace. */
export function repeatedHeaders(header: (name: string) => string | null): Record<string, string> {
  const id = header('x-request-id');
  const trace = traceOf(header);
  return {
    ...(id !== null && isRequestId(id) ? { 'x-request-id': id } : {}),
    ...(trace === null ? {} : { traceparent: trace.traceparent }),
    ...(trace === null || trace.tracestate === null ? {} : { tracestate: trace.tracestate }),
  };
}
