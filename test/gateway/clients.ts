import { createHash } from 'node:crypto';
import type { Config } from '../../config/schema.ts';

type Client = Config['gateway']['clients'][number];

/** A client whose bearer token is its name. */
export const client = (name: string, roles: Client['roles'], rate: number | null = null): Client => ({
  name,
  tokenSha256: createHash('sha256').update(name).digest('hex'),
  roles,
  priority: 'normal',
  rate,
});
