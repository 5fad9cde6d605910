import { definitionLoaders } from '../../config/load-definitions.ts';
import { canonicalJson } from '../../contracts/canonical.ts';
import { modelDefinitionSchema, type ModelDefinition } from '../../contracts/model/model-definition.ts';
import { openPorts, type OpenedPorts } from '../../ports/open-ports.ts';
import { createRegistry } from '../../ports/registry/store.ts';
import { temporaryConfig } from './temporal.ts';
import { people } from './people.ts';

/** A model that mirrors nothing and has no labels: another platform serves it. */
export const elsewhere = modelDefinitionSchema.parse({
  model: 'elsewhere',
  dataset: 'people',
  features: ['age'],
  release: {
    shadow: { sample: 0 },
    minLabels: 0,
    steps: [0.1, 0.5],
    stepDuration: '10m',
    bake: '10m',
    warmUp: '1m',
    analyzeEvery: '1m',
    deadline: '25m',
    gatewayGuards: 0,
  },
});

export interface OtherPlatform {
  /** On the clock that was given, with an empty prediction log; the model has versions 1, which serves, and 2. */
  readonly ports: OpenedPorts;
  close(): Promise<void>;
}

/** `definition`: what the versions were made by. */
export async function startOtherPlatform(
  now: () => number,
  definition: ModelDefinition = elsewhere,
): Promise<OtherPlatform> {
  const { config, remove } = await temporaryConfig();
  const opened = openPorts(config, definitionLoaders(config));
  const ports = { ...opened, registry: createRegistry(opened.store, now), now };
  await addVersion(ports, 'one', definition, null);
  await addVersion(ports, 'two', definition, 1);
  await ports.registry.changeDeployment(elsewhere.model, () => ({
    champion: 1,
    previous: null,
    canary: null,
    shadow: null,
    frozen: false,
    salt: 's',
    release: null,
    actor: 'test',
    reason: 'it serves',
  }));
  return {
    ports,
    async close() {
      await ports.close();
      await remove();
    },
  };
}

async function addVersion(
  ports: OpenedPorts,
  run: string,
  by: ModelDefinition,
  champion: number | null,
): Promise<void> {
  const bytes = await ports.store.putBlob(canonicalJson({ run }));
  const definition = await ports.store.putBlob(canonicalJson(by));
  const subject = { run, definition, snapshot: bytes, model: bytes, stages: [] };
  const evidence = await ports.store.putBlob(canonicalJson(subject));
  await ports.registry.recordApproval(elsewhere.model, run, {
    decision: 'approved',
    by: 'ada',
    reason: 'looked at it',
    evidence,
    at: new Date(ports.now()).toISOString(),
    via: 'update',
  });
  await ports.registry.register({
    schema: 'pawl.version/1',
    model: elsewhere.model,
    created: new Date(ports.now()).toISOString(),
    run,
    candidate: { model: bytes, fp32: bytes, variant: 'fp32' },
    lineage: {
      definition,
      dataset: await ports.store.putBlob(canonicalJson(people)),
      snapshot: bytes,
      training: null,
      champion,
      code: 'test',
      environment: {},
    },
    verdicts: [],
    subject,
    evidence,
  });
}
