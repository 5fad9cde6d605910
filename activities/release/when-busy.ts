import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { loadDocument } from '../support/documents.ts';
import type { Ports } from '../ports.ts';

/** What the policy of a version says about another release of its model that is under way. */
export const createWhenBusy = (ports: Ports) =>
  async function whenBusy({ model, version }: { model: string; version: number }): Promise<ReleasePolicy['busy']> {
    const { lineage } = await ports.registry.version(model, version);
    return (await loadDocument(ports.store, modelDefinitionSchema, lineage.definition)).release.busy;
  };
