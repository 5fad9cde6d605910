import type { TensorSpec } from '../../contracts/data/tensor.ts';
import { shownText } from '../../contracts/shown-text.ts';
import { methodNotAllowed, notFound } from '../call/http-error.ts';
import type { ServedVersion } from '../models/served-version.ts';
import { openApiOf, openApiOfAll, type DescribedModel } from './plain/openapi.ts';
import { modelPage } from './plain/page.ts';
import { plainReply } from './plain/plain-reply.ts';
import { PlainRows } from './plain/plain-request.ts';
import { readJsonItems } from '../protocol/json.ts';
import { admitAndInfer, answerHeaders } from './admit.ts';
import { demand, inferMessageOf, sendJson, sendParts, sendReply, type Exchange, type RestParts } from './exchange.ts';
import { decodedName } from './path.ts';
import { shownOf, shownVersion } from './shown-version.ts';

/** `/predict/<model>`, its page and its OpenAPI document, and `/openapi.json` of all models in memory. */
export async function onPlain(parts: RestParts, exchange: Exchange, path: string): Promise<void> {
  const { request, response, header } = exchange;
  const url = `http://${header('host') ?? 'localhost'}`;
  if (path === '/openapi.json') {
    sendParts(response, 'application/json', await openApiOfAll(describedModels(parts), url));
    return;
  }
  const [, , model = '', document, ...rest] = path.split('/');
  if (rest.length > 0 || (document !== undefined && document !== 'openapi.json'))
    throw notFound(`there is nothing at ${shownText(path)}`);
  const asked = { model: decodedName(model), version: null };
  if (request.method === 'GET' || request.method === 'HEAD') {
    const { served } = await shownVersion(parts, asked);
    if (document === undefined && header('accept')?.includes('text/html')) {
      sendParts(response, 'text/html; charset=utf-8', await modelPage(asked.model, served.version, served));
      return;
    }
    sendParts(response, 'application/json', await openApiOf(describedOf(asked.model, served), url));
    return;
  }
  if (document !== undefined) throw methodNotAllowed('GET');
  demand(request, 'POST');
  let list = false;
  const { answer } = await admitAndInfer(parts, inferMessageOf(exchange, parts.settings), asked, async (body) => {
    const { served } = await shownVersion(parts, asked);
    const rows = new PlainRows(served.signature, {
      maxRows: parts.settings.maxRows,
      maxValues: parts.settings.maxJsonValues,
      columns: served.columns.columns,
      others: inputsOf(parts, asked.model),
      several: (parts.follower.serving(asked.model)?.versions.size ?? 0) > 1,
    });
    list = await readJsonItems(body, parts.settings, (items, isList) => rows.add(items, isList));
    return rows.request();
  });
  const headers = answerHeaders(answer, exchange);
  if (answer.error !== null) sendJson(response, answer.status, { error: answer.error }, headers);
  else {
    const body = await plainReply(answer, list);
    sendReply(
      response,
      { status: 200, headers: { 'content-type': 'application/json', ...headers }, body },
      exchange.held,
    );
  }
}

/** Inputs of all versions of a model that are in memory. */
function inputsOf({ follower }: RestParts, model: string): TensorSpec[] {
  const versions = follower.serving(model)?.versions.values() ?? [];
  return [...versions].flatMap(({ signature }) => signature.inputs);
}

const describedOf = (model: string, { version, signature, columns }: ServedVersion): DescribedModel => ({
  model,
  version,
  signature,
  columns,
});

function describedModels({ follower }: RestParts): DescribedModel[] {
  return follower.models().flatMap((model) => {
    const serving = follower.serving(model);
    return serving === undefined || serving === null ? [] : [describedOf(model, shownOf(serving, null).served)];
  });
}
