import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { RestParts } from '../exchange.ts';
import { inferReply, refusalReply } from '../infer-reply.ts';
import { FastPath } from './fast-path.ts';

/** Above it, what a whole HTTP server costs is small beside reading the body. */
const mostBodyBytes = 256 * 1024;

/** Takes the connections of a server that is yet to listen, and hands those that send other requests over to it. */
export function openFastPath(server: Server, parts: RestParts, keepAliveMs: number): FastPath {
  const { settings } = parts;
  const whole = server.listeners('connection') as ((socket: Socket) => void)[];
  const fast = new FastPath({
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
    draining: parts.draining,
    keepAliveMs,
    receiveMs: settings.receive,
    maxBodyBytes: Math.min(mostBodyBytes, settings.maxBodyBytes),
  });
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => fast.take(socket));
  return fast;
}
