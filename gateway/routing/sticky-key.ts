import { headerNames } from '../call/header-names.ts';
import { createHash } from 'node:crypto';
import type { ServingPolicy } from '../../contracts/serving/serving-policy.ts';
import { badRequest } from '../call/http-error.ts';
import type { InferRequest } from '../call/infer-request.ts';
import { firstRowText } from './first-row.ts';

const longestKey = 256;

/**
 * What keeps a client on its side of the split: the header `x-pawl-key`, else the request parameter `key`, else the first row of the
 * policy's key input (hashed where it is longer than 256 characters), else the request id. Throws `HttpError` 400 for a
 * header or parameter longer than that.
 */
export function stickyKey(
  header: (name: string) => string | null,
  { parameters, tensors }: Pick<InferRequest, 'parameters' | 'tensors'>,
  policy: Pick<ServingPolicy, 'key'>,
  id: string,
): string {
  const named = header(headerNames.key) ?? parameters.key;
  if (named !== undefined && named !== '') return checkedKey(String(named));
  if (policy.key === null) return id;
  const tensor = tensors.get(policy.key);
  const text = tensor === undefined ? null : firstRowText(tensor);
  if (text === null) return id;
  return text.length <= longestKey ? text : createHash('sha256').update(text).digest('hex');
}

function checkedKey(key: string): string {
  if (key.length <= longestKey) return key;
  throw badRequest(`a sticky key has at most ${longestKey} characters, this one has ${key.length}`);
}
