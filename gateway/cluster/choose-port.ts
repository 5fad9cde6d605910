import { createServer, type AddressInfo } from 'node:net';

/**
 * A port that all serving processes can take: exactly the named one, or a free one for 0; without a name the usual one, or a free
 * one where that is taken.
 */
export async function choosePort(host: string, named: number | undefined, usual: number): Promise<number> {
  try {
    return await probe(host, named ?? usual);
  } catch (error) {
    if (named !== undefined || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return probe(host, 0);
  }
}

const probe = (host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port }, () => {
      const taken = (server.address() as AddressInfo).port;
      server.close(() => resolve(taken));
    });
  });
