import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkFeedbackOpen, checkLabeller, feedbackBodyLimit, takeFeedback } from './feedback.ts';
import type { HeldBytes } from '../admission/byte-budget.ts';
import { shownText } from '../../contracts/shown-text.ts';
import { badRequest, notFound } from '../call/http-error.ts';
import { serverMetadata } from '../protocol/describe.ts';
import { readBody } from '../protocol/read-body.ts';
import { sendMetrics, sendReadiness } from './health.ts';
import { refusalReply } from './infer-reply.ts';
import { onModel } from './model-routes.ts';
import { demand, sendJson, sendReply, type Exchange, type RestParts } from './exchange.ts';
import { onPlain } from './plain-routes.ts';
import { sendRepository, sendStatistics } from './repository.ts';

/** Answers HTTP requests; never throws. */
export async function handle(parts: RestParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const header = (name: string): string | null => {
    const value = request.headers[name];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const held = parts.bytes.hold(request.socket);
  try {
    if (parts.draining()) response.setHeader('connection', 'close');
    await dispatch(parts, { request, response, header, started: performance.now(), held });
  } catch (error) {
    refuse(parts, { request, response, header }, error);
  } finally {
    // Until the answer has left it is in memory, as the body was.
    if (response.writableFinished || response.destroyed) held.release();
    else closeUnread(parts, request, response, held);
  }
}

/** An answer that nobody reads is in memory, so its connection ends. */
function closeUnread(parts: RestParts, request: IncomingMessage, response: ServerResponse, held: HeldBytes): void {
  const timer = setTimeout(() => request.socket.destroy(), parts.settings.receive);
  timer.unref();
  response.once('close', () => {
    clearTimeout(timer);
    held.release();
  });
}

function refuse(
  parts: RestParts,
  { request, response, header }: Pick<Exchange, 'request' | 'response' | 'header'>,
  error: unknown,
): void {
  const reply = refusalReply(parts, error, header);
  if (!request.complete) {
    // What is left of a body that was refused is let pass, so that the client gets to read why.
    request.resume();
    response.setHeader('connection', 'close');
  }
  if (response.headersSent) response.destroy();
  else sendReply(response, reply);
}

async function dispatch(parts: RestParts, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const url = request.url ?? '/';
  if (!url.startsWith('/'))
    throw badRequest('the request line names a whole address, as it would for a proxy: name the path alone');
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  if (path.startsWith('/v2/models/') && path !== '/v2/models/stats') return onModel(parts, exchange, path);
  if (path.startsWith('/predict/') || path === '/openapi.json') return onPlain(parts, exchange, path);
  switch (path) {
    case '/v2':
    case '/v2/':
      sendJson(response, 200, serverMetadata);
      return;
    case '/healthz':
    case '/v2/health/live':
      sendJson(response, 200, { live: true });
      return;
    case '/readyz':
    case '/v2/health/ready':
      sendReadiness(parts, response);
      return;
    case '/v2/models/stats':
      sendStatistics(parts, response, null);
      return;
    case '/v2/repository/index':
      sendRepository(parts, response);
      return;
    case '/metrics':
      return sendMetrics(parts, exchange);
    case '/feedback': {
      demand(request, 'POST');
      const accepted = await onFeedback(parts, exchange);
      sendJson(response, 202, { accepted });
      return;
    }
    default:
      throw notFound(`there is nothing at ${shownText(path)}`);
  }
}

async function onFeedback(parts: RestParts, { request, header, held }: Exchange): Promise<number> {
  checkFeedbackOpen(parts.settings.feedback);
  const caller = parts.admission.admit(header, request.socket.remoteAddress ?? '');
  try {
    checkLabeller(parts.settings.feedback, caller);
    return await takeFeedback(parts, await readBody(request, feedbackBodyLimit(parts.settings), held), caller);
  } finally {
    parts.admission.leave();
  }
}
