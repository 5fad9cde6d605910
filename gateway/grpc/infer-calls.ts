import { Metadata, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { refusalReason } from '../http-error.ts';
import { decodeInferRequest } from './decode-request.ts';
import type { GrpcAnswer } from './encode-response.ts';
import type { GrpcParts } from './parts.ts';
import { detailsOf, grpcStatus, httpStatusOf, refusalOf, setText } from './status.ts';
import { traceOf } from '../tracing.ts';
import { versionOf } from './version.ts';

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

/** Admits, reads and answers one `ModelInferRequest`. Throws `HttpError` where no version was asked. */
export async function answerOne(parts: GrpcParts, bytes: Buffer, context: CallContext): Promise<GrpcAnswer> {
  const started = performance.now();
  const at = Date.now();
  const { header, address, deadline } = context;
  try {
    const caller = parts.admit(header, address);
    try {
      const { model, version, request, raw } = decodeInferRequest(bytes);
      const answer = await parts.infer({
        model,
        version: versionOf(version),
        request,
        caller,
        header,
        started,
        at,
        deadline,
      });
      return { answer, raw };
    } finally {
      parts.leave();
    }
  } catch (error) {
    const status = httpStatusOf(error);
    parts.refused('', refusalReason(status), status);
    throw error;
  }
}

/** `ModelInfer` */
export async function modelInfer(
  parts: GrpcParts,
  call: ServerUnaryCall<Buffer, GrpcAnswer>,
  callback: sendUnaryData<GrpcAnswer>,
): Promise<void> {
  if (call.cancelled) return;
  try {
    const context = contextOf(call);
    const given = await answerOne(parts, call.request, context);
    if (call.cancelled) return;
    const { answer } = given;
    const metadata = new Metadata();
    setText(metadata, 'x-request-id', answer.id);
    metadata.set('x-pawl-version', String(answer.route.version));
    metadata.set('x-pawl-arm', answer.route.arm);
    if (answer.cached) metadata.set('x-pawl-cache', 'hit');
    const trace = traceOf(context.header);
    if (trace !== null) {
      metadata.set('traceparent', trace.traceparent);
      if (trace.tracestate !== null) setText(metadata, 'tracestate', trace.tracestate);
    }
    call.sendMetadata(metadata);
    if (answer.error === null) callback(null, given);
    else callback({ code: grpcStatus(answer.status), details: detailsOf(answer.error) });
  } catch (error) {
    callback(refusalOf(error));
  }
}
