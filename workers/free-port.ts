import { createServer, type AddressInfo } from 'node:net';

/** The usual port where it is free, else another; 0 is always another. */
export async function choosePort(usual: number, host = '127.0.0.1'): Promise<number> {
  return (await tryPort(usual, host)) ?? (await tryPort(0, host)) ?? usual;
}

function tryPort(port: number, host: string): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ port, host, exclusive: true }, () => {
      const { port: found } = server.address() as AddressInfo;
      server.close(() => resolve(found));
    });
  });
}
