import { shownText } from '../../contracts/shown-text.ts';
import { notFound } from '../call/http-error.ts';
import { modelConfig, modelMetadata } from '../protocol/describe.ts';
import type { Asked } from '../call/infer-message.ts';
import { inferReply } from './infer-reply.ts';
import { demand, inferMessageOf, sendJson, sendReply, type Exchange, type RestParts } from './exchange.ts';
import { decodedName } from './path.ts';
import { shownVersion } from './shown-version.ts';
import { sendStatistics } from './repository.ts';

/** `/v2/models/<model>[/versions/<n>][/infer|ready|config|stats]` */
export async function onModel(parts: RestParts, exchange: Exchange, path: string): Promise<void> {
  const [, , , name = '', second, third, fourth, ...rest] = path.split('/');
  const versioned = second === 'versions';
  const asked: Asked = { model: decodedName(name), version: versioned ? versionNumber(third ?? '') : null };
  const verb = (versioned ? fourth : second) ?? '';
  if (rest.length > 0 || (!versioned && third !== undefined)) throw notFound(`there is nothing at ${shownText(path)}`);
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
      throw notFound(`there is nothing at ${shownText(path)}`);
  }
}

async function onInfer(parts: RestParts, exchange: Exchange, asked: Asked): Promise<void> {
  demand(exchange.request, 'POST');
  sendReply(exchange.response, await inferReply(parts, inferMessageOf(exchange, parts.settings), asked), exchange.held);
}

async function isReady({ follower }: RestParts, { model, version }: Asked): Promise<boolean> {
  const serving = follower.serving(model) ?? (await follower.ensure(model));
  return serving.versions.has(version ?? serving.record.champion ?? 0);
}

function versionNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw notFound(`there is no version "${shownText(text)}": versions are numbers`);
}
