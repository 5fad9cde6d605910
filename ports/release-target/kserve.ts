import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { openKubernetes, type KubernetesOptions } from './kubernetes.ts';
import { readInferenceService, type KServeState, type Placed } from './kserve-object.ts';
import { missingOf, nextStep, type Wanted } from './kserve-step.ts';
import type { ReleaseTarget, TargetVersion, Traffic } from './port.ts';
import { settle, type SettleOptions } from './settle.ts';
import { checkTraffic, fillTemplate, sharesOfWeights } from './traffic.ts';

export interface KServeOptions extends KubernetesOptions, SettleOptions {
  readonly namespace: string;
  /** Name of the InferenceService. */
  readonly service: string;
  /** Template of the model's URL for KServe; null takes the version's own. */
  readonly artifact: string | null;
}

/** More writes than any way to the wanted traffic takes; someone else is steering, too. */
const steps = 6;

/**
 * A KServe InferenceService on Knative. The canary is the new `storageUri` in `spec`, at `canaryTrafficPercent`; the champion
 * is the revision that was rolled out in full before. A rollback, also from a version that was promoted last, is one write that
 * waits for no pod. KServe splits by whole percents: other shares are refused.
 */
export function createKServeTarget(model: string, options: KServeOptions): ReleaseTarget {
  const kubernetes = openKubernetes(options);
  const resource = {
    group: 'serving.kserve.io',
    version: 'v1beta1',
    plural: 'inferenceservices',
    namespace: options.namespace,
    name: options.service,
  };
  const place = `InferenceService ${options.namespace}/${options.service}`;
  const stateOf = (object: unknown): KServeState => readInferenceService(object, place);

  return {
    name: 'kserve',
    async apply(traffic, signal) {
      checkTraffic(model, traffic);
      const wanted = wantedOf(traffic, options.artifact);
      let last = false;
      for (let count = 0; count < steps && !last; count++) {
        let step = nextStep(stateOf(await kubernetes.read(resource)), wanted);
        await kubernetes.change(resource, (current) => {
          step = nextStep(stateOf(current), wanted);
          return step.patch;
        });
        await settle(
          place,
          options,
          async () => {
            const state = stateOf(await kubernetes.read(resource));
            if (step.ready && state.broken !== null)
              throw new PawlError(
                errorTypes.invalidModel,
                `${place} cannot serve ${state.storageUri}: ${state.broken}`,
                {
                  model,
                },
              );
            return missingOf(state, step);
          },
          signal,
        );
        last = step.last;
      }
      if (!last)
        throw new PawlError(errorTypes.invalidConfig, `${place} is steered by someone else too: end that first`);
    },
    async observed() {
      const state = stateOf(await kubernetes.read(resource));
      const latest = state.serving?.latest ?? 0;
      const shares = sharesOfWeights([
        { version: state.started ? (state.latest?.version ?? null) : null, weight: latest },
        { version: state.before?.version ?? null, weight: 100 - latest },
      ]);
      return { shares, settled: latest === (state.percent ?? 100) && (latest === 0 || state.started) };
    },
  };
}

function wantedOf({ model, champion, canary }: Traffic, artifact: string | null): Wanted {
  const placed = (version: TargetVersion): Placed => placedOf(model, version, artifact);
  if (canary === null) return { champion: placed(champion), canary: null };
  const percent = canary.share * 100;
  const whole = Math.round(percent);
  if (Math.abs(percent - whole) > 1e-9 || whole < 1 || whole > 99)
    throw new PawlError(
      errorTypes.invalidRequest,
      `KServe splits by whole percents from 1 to 99, and the canary of "${model}" shall have ${percent} %: change the release's shares, or use the target gatewayApi`,
      { model },
    );
  return { champion: placed(champion), canary: { version: placed(canary.version), percent: whole } };
}

function placedOf(model: string, version: TargetVersion, template: string | null): Placed {
  const artifact = template === null ? version.artifact : fillTemplate(template, model, version);
  if (artifact.startsWith('file:'))
    throw new PawlError(
      errorTypes.invalidConfig,
      `KServe cannot fetch ${artifact}: use a store in S3, or name where the models lie by \`artifact\` of releaseTargets.${model}`,
      { model },
    );
  return { version: version.version, digest: version.digest, artifact };
}
