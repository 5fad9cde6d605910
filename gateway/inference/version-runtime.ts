import type { Arm } from '../../contracts/release/arm.ts';
import type { Config } from '../../config/schema.ts';
import { createCoalescer, type Coalescer } from '../cache/coalesce.ts';
import { createResponseCache, type ResponseCache } from '../cache/response-cache.ts';
import type { Serving } from '../models/followed-model.ts';
import type { Pass, ServedVersion } from '../models/served-version.ts';
import type { InferRequest } from '../call/infer-request.ts';
import { createLogPolicy, loggableKey, type LogPolicy } from '../log/log-policy.ts';
import type { GatewayMetrics, ModelMetrics } from '../metrics/gateway-metrics.ts';
import { createFitting, type FittedRequest } from '../protocol/feeds.ts';
import { VersionStatistics } from './statistics.ts';
import { inTurns } from '../turn.ts';

/** What is worked out once per version in memory, and used by each of its requests. */
export interface VersionRuntime {
  readonly served: ServedVersion;
  /** A promise where the request is large. Throws `HttpError`. */
  readonly feedsOf: (request: InferRequest) => FittedRequest | Promise<FittedRequest>;
  /** What of a request may be logged. */
  readonly loggable: LogPolicy;
  readonly cache: ResponseCache | null;
  readonly coalescer: Coalescer<Pass> | null;
  readonly statistics: VersionStatistics;
  metrics(arm: Arm): ModelMetrics;
}

/** The version that most requests get; undefined where it is not in memory. */
export const mainVersion = ({ record, versions }: Serving): ServedVersion | undefined =>
  versions.get(record.champion ?? record.canary?.version ?? 0);

type RequestLimits = Pick<Config['gateway'], 'maxRows' | 'maxJsonValues'>;

export class VersionRuntimes {
  readonly #runtimes = new WeakMap<ServedVersion, VersionRuntime>();
  readonly #metrics: GatewayMetrics;
  readonly #secret: Uint8Array;
  readonly #limits: RequestLimits;

  constructor(metrics: GatewayMetrics, secret: Uint8Array, limits: RequestLimits) {
    this.#metrics = metrics;
    this.#secret = secret;
    this.#limits = limits;
  }

  /** A sticky key as the versions in traffic, and the one that answers, allow it to be logged. */
  loggableKey(key: string, { record, versions }: Serving, answering?: ServedVersion): string {
    const inTraffic = [record.champion, record.canary?.version].map((version) => versions.get(version ?? 0));
    const policies = [...inTraffic, answering].flatMap((served) => (served === undefined ? [] : [served.policy]));
    return loggableKey(key, policies, this.#secret);
  }

  of(model: string, served: ServedVersion): VersionRuntime {
    const known = this.#runtimes.get(served);
    if (known !== undefined) return known;
    const { policy, version } = served;
    const { maxRows, maxJsonValues } = this.#limits;
    const arms = new Map<Arm, ModelMetrics>();
    const fit = createFitting(served.signature, maxRows, served.columns, maxJsonValues);
    const runtime: VersionRuntime = {
      served,
      feedsOf: (request) => inTurns(fit(request)),
      loggable: createLogPolicy(policy, this.#secret, (input) => this.#metrics.largeInput(model, input)),
      cache:
        policy.cache.bytes === 0
          ? null
          : createResponseCache({ bytes: policy.cache.bytes, ttlMs: policy.cache.ttl, now: () => performance.now() }),
      coalescer: policy.coalesce ? createCoalescer<Pass>() : null,
      statistics: new VersionStatistics(),
      metrics: (arm) => {
        let handle = arms.get(arm);
        if (handle === undefined) {
          handle = this.#metrics.model(model, version, arm);
          arms.set(arm, handle);
        }
        return handle;
      },
    };
    this.#runtimes.set(served, runtime);
    return runtime;
  }
}
