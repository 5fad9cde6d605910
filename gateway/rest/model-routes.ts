import { HttpError, notFound } from '../http-error.ts';
import { modelConfig, modelMetadata } from '../protocol/describe.ts';
import { inferResponse } from '../protocol/infer-response.ts';
import { parseInferRequest } from '../protocol/infer-request.ts';
import { packBody } from '../protocol/pack-body.ts';
import { admitAndInfer, answerHeaders, type Asked } from './admit.ts';
import { sendJson, type Exchange, type RestParts } from './parts.ts';
import { shownVersion } from './shown-version.ts';
import { sendStatistics } from './repository.ts';

/** `/v2/models/<model>[/versions/<n>][/infer|ready|config|stats]` */
export async function onModel(parts: RestParts, exchange: Exchange, path: string): Promise<void> {
  const [, , , name = '', second, third, fourth, ...rest] = path.split('/');
  const versioned = second === 'versions';
  const asked: Asked = { model: decoded(name), version: versioned ? versionNumber(third ?? '') : null };
  const verb = (versioned ? fourth : second) ?? '';
  if (rest.length > 0 || (!versioned && third !== undefined)) throw notFound(`there is nothing at ${path}`);
  switch (verb) {
    case 'infer':
      return onInfer(parts, exchange, asked);
    case 'ready': {
      const ready = await isReady(parts, asked);
      sendJson(exchange.response, ready ? 200 : 503, { name: asked.model, ready });
      return;
    }
    case 'stats':
      return sendStatistics(parts, exchange.response, asked);
    case '':
      sendJson(exchange.response, 200, modelMetadata(await shownVersion(parts, asked)));
      return;
    case 'config':
      sendJson(exchange.response, 200, modelConfig(await shownVersion(parts, asked)));
      return;
    default:
      throw notFound(`there is nothing at ${path}`);
  }
}

async function onInfer(parts: RestParts, exchange: Exchange, asked: Asked): Promise<void> {
  const { response, header } = exchange;
  const { answer, request } = await admitAndInfer(parts, exchange, asked, (body) =>
    parseInferRequest(body, jsonLengthOf(header), parts.settings),
  );
  const headers = answerHeaders(answer, exchange);
  if (answer.error !== null) {
    sendJson(response, answer.status, { error: answer.error }, headers);
    return;
  }
  const { body, jsonLength } = inferResponse(answer, request);
  headers['content-type'] = jsonLength === null ? 'application/json' : 'application/octet-stream';
  if (jsonLength !== null) headers['inference-header-content-length'] = jsonLength;
  const accepted = header('accept-encoding');
  if (accepted === null) {
    headers['content-length'] = Buffer.byteLength(body);
    response.writeHead(answer.status, headers);
    response.end(body);
    return;
  }
  const packed = await packBody(body, accepted);
  if (packed.encoding !== null) headers['content-encoding'] = packed.encoding;
  headers['content-length'] = Buffer.byteLength(packed.body);
  response.writeHead(answer.status, headers);
  response.end(packed.body);
}

/** Throws `HttpError` 400. */
function jsonLengthOf(header: Exchange['header']): number | null {
  const text = header('inference-header-content-length');
  if (text === null) return null;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new HttpError(400, `the header Inference-Header-Content-Length is no length: "${text}"`);
}

async function isReady({ follower }: RestParts, { model, version }: Asked): Promise<boolean> {
  const serving = follower.serving(model) ?? (await follower.ensure(model));
  return serving.versions.has(version ?? serving.record.champion ?? 0);
}

function decoded(name: string): string {
  if (!name.includes('%')) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    throw notFound(`there is no model "${name}"`);
  }
}

function versionNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw notFound(`there is no version "${text}": versions are numbers`);
}
