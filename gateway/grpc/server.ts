import { Server, ServerCredentials, type handleBidiStreamingCall, type handleUnaryCall } from '@grpc/grpc-js';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeInferResponse, type GrpcAnswer } from './encode-response.ts';
import { modelInfer, replyTo } from './infer-calls.ts';
import { LibraryCalls } from './library-calls.ts';
import { fastCalls } from './fast/fast-call.ts';
import { takeStreams, type StreamParts } from './take-streams.ts';
import type { GrpcOptions, GrpcParts, GrpcServer } from './call-context.ts';
import { noteRefusal } from '../call/note-refusal.ts';
import { InferStream } from './stream-infer.ts';
import { service, unaryMethods } from './unary-methods.ts';

const inferPath = `${service}/ModelInfer`;
const streamPath = `${service}/ModelStreamInfer`;
/** Streams that one connection may hold open at once; a client waits with more. Node makes a stream in some 20 microseconds, and one packet may open all. */
const streamsPerConnection = 128;
/** A connection that says nothing for this long is asked whether it is still there. */
const keepaliveMs = 60_000;

/** Serves `inference.GRPCInferenceService` and `grpc.health.v1.Health`, without TLS. Rejects where the port cannot be had. */
export async function startGrpc(
  parts: GrpcParts,
  { host, port, maxBodyBytes, receiveMs, fastPath }: GrpcOptions,
): Promise<GrpcServer> {
  const server = new Server({
    'grpc.max_receive_message_length': maxBodyBytes,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': streamsPerConnection,
    'grpc.keepalive_time_ms': keepaliveMs,
  });
  const streams = new Set<InferStream>();
  const calls = new LibraryCalls();
  for (const { path, handle, serialize, deserialize } of unaryMethods(parts))
    server.register(path, handle, serialize, deserialize, 'unary');
  const infer: handleUnaryCall<Buffer, GrpcAnswer> = (call, callback) =>
    void modelInfer(parts, call, callback, calls.of(call)?.admissions ?? null);
  server.register(inferPath, infer, encodeInferResponse, asBytes, 'unary');
  const streamInfer: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
    const known = calls.of(call);
    const connection = known?.connection ?? call;
    const stream = new InferStream(parts, call, () => parts.bytes.hold(connection), known?.admissions ?? null);
    streams.add(stream);
    call.once('close', () => streams.delete(stream));
  };
  server.register(streamPath, streamInfer, asBytes, asBytes, 'bidi');
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(
      `${host.includes(':') ? `[${host}]` : host}:${port}`,
      ServerCredentials.createInsecure(),
      (error, found) => {
        if (error === null) resolve(found);
        else reject(listenError(host, port, error));
      },
    );
  });
  const streamParts: StreamParts = {
    admission: parts.admission,
    bytes: parts.bytes,
    receiveMs,
  };
  const fast = fastCalls(inferPath, {
    ...streamParts,
    answer: (bytes, context, admission) => replyTo(parts, bytes, context, admission),
    refused: (error) => void noteRefusal(parts, parts.report, error),
    maxBytes: maxBodyBytes,
  });
  takeStreams(server, { path: inferPath, streamPath }, streamParts, fastPath ? fast : null, calls);
  return {
    address: host,
    port: bound,
    async close(drainMs) {
      const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      for (const stream of streams) stream.drain();
      const late = new AbortController();
      await Promise.race([closed, delay(drainMs, undefined, { signal: late.signal }).catch(() => undefined)]);
      late.abort();
      server.forceShutdown();
    },
  };
}

/** `grpc-js` hides the code of the socket's error in its message. */
function listenError(host: string, port: number, cause: Error): Error {
  const [code] = /\bE[A-Z]{4,}\b/.exec(cause.message) ?? [];
  return Object.assign(new Error(`gRPC cannot listen on ${host}:${port}: ${cause.message}`, { cause }), { code });
}

/** Inference requests are decoded by the handler, whose errors reach the client with their words; answers of streams are encoded there. */
const asBytes = (bytes: Buffer): Buffer => bytes;
