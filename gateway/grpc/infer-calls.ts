import { headerNames } from '../call/header-names.ts';
import type { Metadata, sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import type { IncomingHttpHeaders } from 'node:http2';
import type { InferAnswer } from '../call/infer-call.ts';
import { noteRefusal } from '../call/note-refusal.ts';
import { decodeInferRequest } from './decode-request.ts';
import type { GrpcAnswer } from './encode-response.ts';
import { admittedCaller, type EarlyAdmission, type MessageAdmissions } from './message-admissions.ts';
import type { GrpcParts } from './call-context.ts';
import {
  callError,
  contentType,
  detailsOf,
  grpcStatus,
  isCarried,
  metadataOf,
  refusalOf,
  responseStatus,
  type Refusal,
  type Texts,
} from './status.ts';
import { traceOf } from '../call/tracing.ts';
import { requestedVersion } from './version.ts';

type Header = (name: string) => string | null;

/** What is the same for all requests of a call. */
export interface CallContext {
  readonly header: Header;
  readonly address: string;
  /** `performance.now()` */
  readonly deadline: number | null;
}

interface AnyCall {
  readonly metadata: Metadata;
  getPeer(): string;
  getDeadline(): Date | number;
}

export function contextOf(call: AnyCall): CallContext {
  const peer = call.getPeer();
  const port = peer.lastIndexOf(':');
  const until = Number(call.getDeadline());
  return {
    header: headerOf(call.metadata),
    address: port < 0 ? peer : peer.slice(0, port),
    deadline: Number.isFinite(until) ? performance.now() + until - Date.now() : null,
  };
}

/** Metadata as headers: several values are joined, binary ones are not shown. */
function headerOf(metadata: Metadata): Header {
  return (name) => {
    const values = metadata.get(name);
    if (values.length === 0) return null;
    const text = values.length === 1 ? values[0]! : values.join(', ');
    return typeof text === 'string' && text !== '' && !name.endsWith('-bin') ? text : null;
  };
}

/** The same of an HTTP/2 request. */
export function headersAsHeader(headers: IncomingHttpHeaders): Header {
  return (name) => {
    const value = headers[name];
    const text = Array.isArray(value) ? value.join(', ') : value;
    return text === undefined || text === '' || name.endsWith('-bin') ? null : text;
  };
}

/** Admits (unless that was done by the first bytes), reads and answers one `ModelInferRequest`. Throws `HttpError` where no version was asked. */
export async function answerOne(
  parts: GrpcParts,
  bytes: Buffer,
  context: CallContext,
  admission: EarlyAdmission = null,
): Promise<GrpcAnswer> {
  const started = performance.now();
  const at = Date.now();
  const { header, address, deadline } = context;
  try {
    const caller = admittedCaller(admission) ?? parts.admission.admit(header, address);
    try {
      const { model, version, request, raw } = decodeInferRequest(bytes, parts.texts);
      const answer = await parts.infer({
        model,
        version: requestedVersion(version),
        request,
        caller,
        header,
        started,
        at,
        deadline,
      });
      return { answer, raw };
    } finally {
      parts.admission.leave();
    }
  } catch (error) {
    noteRefusal(parts, parts.report, error);
    throw error;
  }
}

/** What a unary call is answered with. */
export type UnaryReply =
  /** `headers` of the HTTP/2 response: its status and type, and metadata. */
  | { readonly headers: Texts; readonly given: GrpcAnswer; readonly refusal: null }
  /** Without an answer of the version, or of the gateway; `headers` are null where no version was asked. */
  | { readonly headers: Texts | null; readonly given: null; readonly refusal: Refusal };

/** Answers `ModelInfer`; never rejects. */
export async function replyTo(
  parts: GrpcParts,
  bytes: Buffer,
  context: CallContext,
  admission: EarlyAdmission = null,
): Promise<UnaryReply> {
  try {
    const given = await answerOne(parts, bytes, context, admission);
    const { answer } = given;
    const headers = headersOf(answer, context.header);
    if (answer.error === null) return { headers, given, refusal: null };
    const refusal = { code: grpcStatus(answer.status), details: detailsOf(answer.error), trailers: {} };
    return { headers, given: null, refusal };
  } catch (error) {
    return { headers: null, given: null, refusal: refusalOf(error, context.header) };
  }
}

/** Nearly always made at once, and not of parts: to spread one into another takes V8 fifty times as long. */
function headersOf({ id, route, cached }: InferAnswer, header: Header): Texts {
  const headers = {
    ':status': responseStatus,
    'content-type': contentType,
    'x-request-id': isCarried(id) ? id : undefined,
    [headerNames.version]: String(route.version),
    [headerNames.arm]: route.arm,
  };
  const trace = traceOf(header);
  if (!cached && trace === null) return headers;
  const more: Record<string, string> = {};
  if (cached) more[headerNames.cache] = 'hit';
  if (trace !== null) {
    more.traceparent = trace.traceparent;
    if (trace.tracestate !== null && isCarried(trace.tracestate)) more.tracestate = trace.tracestate;
  }
  return { ...headers, ...more };
}

/** `ModelInfer` as `grpc-js` calls it. `admissions` of the call's stream. */
export async function modelInfer(
  parts: GrpcParts,
  call: ServerUnaryCall<Buffer, GrpcAnswer>,
  callback: sendUnaryData<GrpcAnswer>,
  admissions: MessageAdmissions | null,
): Promise<void> {
  if (call.cancelled) return;
  const { headers, given, refusal } = await replyTo(parts, call.request, contextOf(call), admissions?.take());
  if (call.cancelled) return;
  if (headers !== null) {
    const { ':status': _, 'content-type': __, ...metadata } = headers;
    call.sendMetadata(metadataOf(metadata));
  }
  callback(refusal === null ? null : callError(refusal), given);
}
