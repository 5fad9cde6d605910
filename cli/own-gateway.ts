import { readAddress } from '../gateway/cluster/address.ts';
import { CommandFailed } from './errors.ts';

const hint = 'start one with `npx pawl up`, or name one by --url';

/** Where this project's gateway answers. Throws `CommandFailed` where there is none, or another project's answers there. */
export async function ownGateway(home: string): Promise<string> {
  const noted = await readAddress(home);
  if (noted === null) throw new CommandFailed(`no gateway runs for this project (none is noted in ${home}): ${hint}`);
  const { instance, url } = noted;
  const found = await instanceAt(url);
  if (found === null) throw new CommandFailed(`this project's gateway does not answer at ${url}: ${hint}`);
  // Each of several processes adds its place.
  if (found !== instance && !found.startsWith(`${instance}-`))
    throw new CommandFailed(`another project's gateway answers at ${url}, and this project's does not: ${hint}`);
  return url;
}

/** The name that a gateway gives itself; null where nothing answers like one. */
async function instanceAt(url: string): Promise<string | null> {
  try {
    const { instance } = (await (await fetch(new URL('/readyz', url))).json()) as { instance?: unknown };
    return typeof instance === 'string' ? instance : '';
  } catch {
    return null;
  }
}
