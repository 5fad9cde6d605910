import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import type { GatewayClient } from '../../config/gateway-schema.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { HttpError } from '../call/http-error.ts';
import type { Caller } from '../call/infer-call.ts';

export interface Callers {
  /**
   * Who asks, by the header `authorization` and the address of the connection. Without a token it is anybody at that address. Where no
   * clients are configured the header is not looked at: it may be meant for a proxy before us. Throws `HttpError` 401.
   */
  identify(authorization: string | null, address: string): Caller;
}

/** Throws `InvalidConfigError` for two clients of one name or token, and for a name that could be an address. */
export function createCallers(clients: readonly GatewayClient[]): Callers {
  const byHash = new Map<string, Caller>();
  const names = new Set<string>();
  for (const { name, tokenSha256, roles, priority } of clients) {
    if (names.has(name) || byHash.has(tokenSha256))
      throw invalid(`gateway.clients: two clients have the name or the token of "${name}": give each its own`);
    if (isIP(name) !== 0) throw invalid(`gateway.clients: "${name}" is an address: give the client a name`);
    names.add(name);
    byHash.set(
      tokenSha256,
      Object.freeze({
        name,
        operator: roles.includes('operator'),
        labeller: roles.includes('labeller'),
        known: true,
        priority,
      }),
    );
  }
  if (clients.length === 0) return { identify: (_, address) => anonymous(address) };
  // Only headers with a right token get in, so that wrong ones cannot push them out.
  const recent = new Map<string, Caller>();
  const recentAtMost = 4 * clients.length;
  return {
    identify(authorization, address) {
      if (authorization === null) return anonymous(address);
      const known = recent.get(authorization);
      if (known !== undefined) return known;
      const caller = byHash.get(hashOfToken(authorization));
      if (caller === undefined) throw unauthorized('nobody has this bearer token: check it, or leave the header out');
      if (recent.size >= recentAtMost) recent.clear();
      recent.set(authorization, caller);
      return caller;
    },
  };
}

const anonymous = (address: string): Caller => ({
  // An IPv4 client of a socket that takes both.
  name: address.startsWith('::ffff:') ? address.slice(7) : address,
  operator: false,
  labeller: false,
  known: false,
  priority: 'normal',
});

/** Tokens are compared by their hashes, so that the time it takes says nothing about the token. */
function hashOfToken(authorization: string): string {
  const [, token] = /^bearer +([\x21-\x7e]+) *$/i.exec(authorization) ?? [];
  if (token === undefined) throw unauthorized('the authorization header must be "Bearer <token>"');
  return createHash('sha256').update(token).digest('hex');
}

const unauthorized = (message: string): HttpError =>
  new HttpError(401, message, { headers: { 'www-authenticate': 'Bearer realm="pawl"' } });

const invalid = (message: string): PawlError => new PawlError(errorTypes.invalidConfig, message);
