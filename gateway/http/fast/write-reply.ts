import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import type { HttpReply } from '../reply.ts';

/** One clock for all connections: the header `date` has whole seconds. */
let second = 0;
let date = '';

function dateNow(): string {
  const now = Math.floor(Date.now() / 1_000);
  if (now !== second) {
    second = now;
    date = new Date(now * 1_000).toUTCString();
  }
  return date;
}

/** Writes an answer; `keepAlive` in seconds, null where the connection ends with it. */
export function writeReply(socket: Socket, { status, headers, body }: HttpReply, keepAlive: number | null): void {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (const name in headers) head += `${name}: ${headers[name]!}\r\n`;
  head += `date: ${dateNow()}\r\nconnection: ${keepAlive === null ? 'close' : `keep-alive\r\nkeep-alive: timeout=${keepAlive}`}\r\n`;
  const length = Buffer.byteLength(body);
  head += `content-length: ${length}\r\n\r\n`;
  if (typeof body === 'string') {
    // Pure ASCII needs no transcoding.
    socket.write(head + body, length === body.length ? 'latin1' : 'utf8');
    return;
  }
  socket.cork();
  socket.write(head, 'latin1');
  socket.write(body);
  socket.uncork();
}
