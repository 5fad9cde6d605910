import { createServer } from 'node:net';

/**
 * What this machine allows at most: a socket of Node that answers everything with the same bytes, about as many as our gateway
 * sends. Right for requests that come in one piece. `bare-socket.ts <port>`
 */
const [port = ''] = process.argv.slice(2);
const body = JSON.stringify({ model_name: 'dense', outputs: [], filler: ' '.repeat(200) });
const head = ['HTTP/1.1 200 OK', 'content-type: application/json', `content-length: ${body.length}`];
const reply = Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);

createServer((socket) => {
  socket.setNoDelay(true);
  socket.on('data', () => socket.write(reply));
  socket.on('error', () => socket.destroy());
}).listen(Number(port), '127.0.0.1');
