import type { Deployment } from '../../contracts/release/deployment.ts';
import { PawlError, unknownModel } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { rollbackRequestSchema } from '../../contracts/release/release.ts';
import { parseInput } from '../support/parse-input.ts';
import type { Ports } from '../ports.ts';
import { steeredTarget } from './support/release-target.ts';

export interface RolledBack {
  model: string;
  /** The version that serves now. */
  champion: number;
  /** The version that was taken back. */
  from: number;
  /** Workflow id of the release that was ended by this; null where none ran. */
  release: string | null;
  /** The platform that must be made to serve by the record; absent where our gateways follow it by themselves. */
  target?: string;
}

/**
 * Takes traffic back by one compare-and-swap, whoever holds the release: to the champion while a release is under way, to
 * the previous version otherwise. The release finds that it was ended and records why.
 */
export const createRollBack = (ports: Ports) =>
  async function rollBack(input: { request: unknown; actor: string }): Promise<RolledBack> {
    const { model, reason, by } = parseInput(
      rollbackRequestSchema,
      input.request,
      'the input of rollback must be {"model", "reason"}',
    );
    // Two people may ask at once, and an attempt may run twice: the second must not take back the first one's result.
    const mark = `${reason} [${input.actor}]`;
    let before: Deployment | null = null;
    const after = await ports.registry.changeDeployment(model, (current) => {
      if (current?.reason === mark) return null;
      before = current;
      if (current === null) return null;
      const target = rollbackTarget(current);
      return {
        champion: target.champion,
        previous: target.previous,
        canary: null,
        shadow: null,
        frozen: current.frozen,
        salt: current.salt,
        release: null,
        actor: by ?? 'rollback',
        reason: mark,
      };
    });
    if (after === null) throw unknownModel(model, await ports.registry.models());
    if (before === null) {
      const history = await ports.registry.deploymentHistory(model);
      before = history.find((state) => state.seq === after.seq - 1) ?? after;
    }
    const { from } = rollbackTarget(before);
    const holder: string | null = before.release;
    return {
      model,
      champion: after.champion ?? from,
      from,
      release: holder === null ? null : holder.slice(0, holder.lastIndexOf('/')),
      ...steeredTarget(ports, model),
    };
  };

/** What was taken back never becomes `previous`: a second rollback would send all traffic to it. */
function rollbackTarget(current: Deployment): { champion: number; from: number; previous: number | null } {
  const { champion, previous, canary, shadow } = current;
  const underWay = canary?.version ?? (shadow !== null && shadow.version !== champion ? shadow.version : null);
  if (underWay !== null && champion !== null) return { champion, from: underWay, previous };
  if (champion !== null && previous !== null) return { champion: previous, from: champion, previous: null };
  throw new PawlError(
    errorTypes.invalidRequest,
    `"${current.model}" has no previous version to go back to: version ${champion ?? 'none'} serves. Release another one with \`pawl release\``,
    { model: current.model },
  );
}
