import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { FastLane } from './fast/fast-path.ts';
import { handle } from './handle.ts';
import { inferReply, refusalReply } from './infer-reply.ts';
import { OneByOne } from './one-by-one.ts';
import type { RestParts } from './exchange.ts';

const keepAliveMs = 65_000;
/** Above it, what a whole HTTP server costs is small beside reading the body. */
const laneBodyBytes = 256 * 1024;

export interface RestServer {
  /** Yet to listen. */
  readonly server: Server;
  /** Takes no further connections and answers what is in flight, within `ms`. */
  close(ms: number): Promise<void>;
}

/** Node's HTTP server, with a lane beside it for ordinary inference requests. */
export function createRestServer(parts: RestParts): RestServer {
  const { settings, draining } = parts;
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
  const whole = server.listeners('connection') as ((socket: Socket) => void)[];
  const lane = new FastLane({
    refuse: (error, header) => refusalReply(parts, error, header),
    async answer(message, asked) {
      try {
        return await inferReply(parts, message, asked);
      } catch (error) {
        return refusalReply(parts, error, message.header);
      }
    },
    handOver: (socket) => {
      for (const listener of whole) listener.call(server, socket);
    },
    admission: parts.admission,
    bytes: parts.bytes,
    draining,
    keepAliveMs,
    receiveMs: settings.receive,
    maxBodyBytes: Math.min(laneBodyBytes, settings.maxBodyBytes),
  });
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => lane.take(socket));
  return {
    server,
    async close(ms) {
      const sweep = setInterval(() => {
        server.closeIdleConnections();
        lane.closeIdle();
      }, 20);
      const force = setTimeout(() => {
        server.closeAllConnections();
        lane.closeAll();
      }, ms);
      await new Promise((resolve) => server.close(resolve));
      clearInterval(sweep);
      clearTimeout(force);
      await Promise.all([lane.stop(), ...inFlight]);
    },
  };
}
