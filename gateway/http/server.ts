import { createServer, type Server } from 'node:http';
import { openFastPath } from './fast/open-fast-path.ts';
import { handle } from './handle.ts';
import { OneByOne } from './answer-in-order.ts';
import type { RestParts } from './exchange.ts';

const keepAliveMs = 65_000;

export interface RestServer {
  /** Yet to listen. */
  readonly server: Server;
  /** Takes no further connections and answers what is in flight, within `ms`. */
  close(ms: number): Promise<void>;
}

/** Node's HTTP server, with a fast path beside it for ordinary inference requests. */
export function createRestServer(parts: RestParts): RestServer {
  const { settings } = parts;
  const inFlight = new Set<Promise<void>>();
  const oneByOne = new OneByOne();
  const server = createServer(
    {
      keepAliveTimeout: keepAliveMs,
      requestTimeout: settings.receive,
      headersTimeout: settings.receive,
      connectionsCheckingInterval: Math.min(1_000, settings.receive),
    },
    (request, response) => {
      const handling = oneByOne
        .take(request.socket, () => handle(parts, request, response))
        .finally(() => inFlight.delete(handling));
      inFlight.add(handling);
    },
  );
  const fast = settings.fastPath ? openFastPath(server, parts, keepAliveMs) : null;
  return {
    server,
    async close(ms) {
      const sweep = setInterval(() => {
        server.closeIdleConnections();
        fast?.closeIdle();
      }, 20);
      const force = setTimeout(() => {
        server.closeAllConnections();
        fast?.closeAll();
      }, ms);
      await new Promise((resolve) => server.close(resolve));
      clearInterval(sweep);
      clearTimeout(force);
      await Promise.all([fast?.stop(), ...inFlight]);
    },
  };
}
