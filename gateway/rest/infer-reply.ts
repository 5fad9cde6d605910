import { HttpError, refusalReason } from '../http-error.ts';
import { inferResponse } from '../protocol/infer-response.ts';
import { parseInferRequest } from '../protocol/infer-request.ts';
import { packBody } from '../protocol/pack-body.ts';
import { messageOf } from '../report.ts';
import { admitAndInfer, answerHeaders, type Asked, type InferMessage } from './admit.ts';
import type { RestParts } from './parts.ts';
import { jsonReply, type HttpReply } from './reply.ts';

/** Answers one inference request of the protocol. Throws `HttpError` where no version was asked. */
export async function inferReply(parts: RestParts, message: InferMessage, asked: Asked): Promise<HttpReply> {
  const { header } = message;
  const { answer, request } = await admitAndInfer(parts, message, asked, (body) =>
    parseInferRequest(body, jsonLengthOf(header), parts.settings),
  );
  const headers = answerHeaders(answer, message);
  if (answer.error !== null) return jsonReply(answer.status, { error: answer.error }, headers);
  const { body, jsonLength } = inferResponse(answer, request);
  headers['content-type'] = jsonLength === null ? 'application/json' : 'application/octet-stream';
  if (jsonLength !== null) headers['inference-header-content-length'] = jsonLength;
  const accepted = header('accept-encoding');
  if (accepted === null) return { status: answer.status, headers, body };
  const packed = await packBody(body, accepted);
  if (packed.encoding !== null) headers['content-encoding'] = packed.encoding;
  return { status: answer.status, headers, body: packed.body };
}

/** What the client of a request that failed is told; counts it. */
export function refusalReply({ metrics }: Pick<RestParts, 'metrics'>, error: unknown): HttpReply {
  const known = error instanceof HttpError;
  const status = known ? error.status : 500;
  metrics.refused('', refusalReason(status), status);
  return jsonReply(status, { error: messageOf(error) }, known ? error.headers : {});
}

/** Throws `HttpError` 400. */
function jsonLengthOf(header: InferMessage['header']): number | null {
  const text = header('inference-header-content-length');
  if (text === null) return null;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new HttpError(400, `the header Inference-Header-Content-Length is no length: "${text}"`);
}
