import { requireSearchAttributes } from '../workers/search-attributes.ts';
import type { Context } from './context.ts';

type Server = Pick<Context, 'client'> & { readonly config: Pick<Context['config'], 'address' | 'namespace'> };

/** Throws, with the whole command that mends it, where workflows of ours cannot run in the namespace. */
export const requireNamespace = ({ client, config }: Server): Promise<void> =>
  requireSearchAttributes(client.connection, config, (text) => process.stderr.write(`pawl: ${text}\n`));
