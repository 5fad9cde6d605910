import { createServer, type AddressInfo } from 'node:net';

/** Some systems keep ranges of ports for themselves, and say so by EACCES. */
const taken = new Set(['EADDRINUSE', 'EACCES']);

/**
 * A TCP port that processes started next can listen on: exactly the named one, or a free one for 0; without a name the usual one, or a
 * free one where that is taken.
 */
export async function choosePort(host: string, named: number | undefined, usual: number): Promise<number> {
  try {
    return await probe(host, named ?? usual);
  } catch (error) {
    if (named !== undefined || !taken.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return probe(host, 0);
  }
}

const probe = (host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port }, () => {
      const { port: found } = server.address() as AddressInfo;
      server.close(() => resolve(found));
    });
  });
