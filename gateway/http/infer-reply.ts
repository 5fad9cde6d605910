import { shownText } from '../../contracts/shown-text.ts';
import { repeatedHeaders } from '../call/repeated-headers.ts';
import { HttpError } from '../call/http-error.ts';
import type { InferAnswer } from '../call/infer-call.ts';
import { noteRefusal } from '../call/note-refusal.ts';
import { inferResponse, inferResponseInTurns } from '../protocol/write-response.ts';
import { parseInferRequest } from '../protocol/parse-request.ts';
import { packBody } from '../protocol/pack-body.ts';
import { messageOf, unexpectedMessage } from '../warnings.ts';
import { admitAndInfer, answerHeaders } from './admit.ts';
import { type Asked, type InferMessage } from '../call/infer-message.ts';
import type { RestParts } from './exchange.ts';
import { jsonReply, type HttpReply } from './reply.ts';

/** Answers one inference request of the protocol. Throws `HttpError` where no version was asked. */
export async function inferReply(parts: RestParts, message: InferMessage, asked: Asked): Promise<HttpReply> {
  const { header } = message;
  const { answer, request } = await admitAndInfer(parts, message, asked, (body) =>
    parseInferRequest(body, jsonLengthOf(header), parts.settings),
  );
  const headers = answerHeaders(answer, message);
  if (answer.error !== null) return jsonReply(answer.status, { error: answer.error }, headers);
  const response = isLarge(answer.outputs) ? inferResponseInTurns(answer, request) : inferResponse(answer, request);
  const { body, jsonLength } = response instanceof Promise ? await response : response;
  headers['content-type'] = jsonLength === null ? 'application/json' : 'application/octet-stream';
  if (jsonLength !== null) headers['inference-header-content-length'] = jsonLength;
  const accepted = header('accept-encoding');
  if (accepted === null) return { status: answer.status, headers, body };
  const packed = await packBody(body, accepted);
  if (packed.encoding !== null) headers['content-encoding'] = packed.encoding;
  return { status: answer.status, headers, body: packed.body };
}

const mostAtOnce = 8192;

function isLarge(outputs: InferAnswer['outputs']): boolean {
  for (const name in outputs) if (outputs[name]!.data.length > mostAtOnce) return true;
  return false;
}

/** What the client of a request that failed is told, with the id and the trace that it gave; counts it. */
export function refusalReply(
  { metrics, report }: Pick<RestParts, 'metrics' | 'report'>,
  error: unknown,
  header: InferMessage['header'],
): HttpReply {
  const known = error instanceof HttpError;
  return jsonReply(
    noteRefusal(metrics, report, error),
    { error: known ? messageOf(error) : unexpectedMessage },
    { ...repeatedHeaders(header), ...(known ? error.headers : {}) },
  );
}

/** Throws `HttpError` 400. */
function jsonLengthOf(header: InferMessage['header']): number | null {
  const text = header('inference-header-content-length');
  if (text === null) return null;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new HttpError(400, `the header Inference-Header-Content-Length is not a length: "${shownText(text)}"`);
}
