import { setTimeout as sleep } from 'node:timers/promises';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { TargetOutageError } from './port.ts';

export interface KubernetesOptions {
  /** Path of a kubeconfig; null takes `KUBECONFIG`, `~/.kube/config`, or the pod's own service account. */
  readonly kubeconfig: string | null;
  /** Context of the kubeconfig; null is its current one. */
  readonly context: string | null;
}

export interface ResourceName {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
}

/** A JSON merge patch (RFC 7396): null takes a field out, an array replaces the one that is there. */
export type MergePatch = { readonly [key: string]: unknown };

/** The little of the Kubernetes API that release targets need. Throws `PawlError`, or `TargetOutageError` for what a retry may mend. */
export interface Kubernetes {
  read(resource: ResourceName): Promise<unknown>;
  /**
   * Reads, asks `decide`, and writes what it returns under the `resourceVersion` that was read; starts over when someone else
   * was faster. `decide` returns null to leave the object as it is. Returns the object in force.
   */
  change(resource: ResourceName, decide: (current: unknown) => MergePatch | null): Promise<unknown>;
  serviceExists(namespace: string, name: string): Promise<boolean>;
}

const requestMs = 15_000;
const conflicts = 8;

/** Speaks to a cluster by the official client, which is loaded at the first call. */
export function openKubernetes(options: KubernetesOptions): Kubernetes {
  let opened: ReturnType<typeof openClient> | null = null;

  async function call<T>(what: string, work: (api: Awaited<ReturnType<typeof openClient>>) => Promise<T>): Promise<T> {
    try {
      opened ??= openClient(options);
      return await work(await opened);
    } catch (error) {
      throw kubernetesError(error, what);
    }
  }

  async function read({ name, ...resource }: ResourceName): Promise<unknown> {
    return call(placeOf({ name, ...resource }), ({ custom }) =>
      custom.getNamespacedCustomObject({ ...resource, name }),
    );
  }

  return {
    read,
    async change(resource, decide) {
      const what = placeOf(resource);
      for (let attempt = 1; attempt <= conflicts; attempt++) {
        const current = await read(resource);
        const patch = decide(current);
        if (patch === null) return current;
        const body = withResourceVersion(patch, resourceVersionOf(current));
        const written = await call(what, async ({ custom, mergePatch }) => {
          try {
            return { object: await custom.patchNamespacedCustomObject({ ...resource, body }, mergePatch) };
          } catch (error) {
            if (failureOf(error).status === 409) return null;
            throw error;
          }
        });
        if (written !== null) return written.object;
        await sleep(10 * attempt);
      }
      throw new TargetOutageError(`${what} was changed by others at each of ${conflicts} attempts to write it`);
    },
    async serviceExists(namespace, name) {
      return call(`Service ${namespace}/${name}`, async ({ core }) => {
        try {
          await core.readNamespacedService({ namespace, name });
          return true;
        } catch (error) {
          if (failureOf(error).status === 404) return false;
          throw error;
        }
      });
    },
  };
}

async function openClient({ kubeconfig, context }: KubernetesOptions) {
  const sdk = await import('@kubernetes/client-node');
  const config = new sdk.KubeConfig();
  try {
    if (kubeconfig === null) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
    if (context !== null) config.setCurrentContext(context);
    if (config.getCurrentCluster() === null) throw new Error('it names no cluster');
  } catch (error) {
    throw new PawlError(
      errorTypes.invalidConfig,
      `the kubeconfig ${kubeconfig ?? '(default)'} cannot be used: ${String(error)}. Correct \`releaseTargets\` in temporal.yaml`,
      {},
      { cause: error },
    );
  }
  const timeLimit = {
    async pre(request: { setSignal(signal: AbortSignal): void }) {
      request.setSignal(AbortSignal.timeout(requestMs));
      return request;
    },
    post: async <T>(response: T) => response,
  };
  const cluster = config.getCurrentCluster();
  const configuration = sdk.createConfiguration({
    baseServer: new sdk.ServerConfiguration(cluster?.server ?? '', {}),
    authMethods: { default: config },
    promiseMiddleware: [timeLimit as never],
  });
  return {
    custom: new sdk.CustomObjectsApi(configuration),
    core: new sdk.CoreV1Api(configuration),
    mergePatch: sdk.setHeaderOptions('Content-Type', sdk.PatchStrategy.MergePatch, {
      middlewareMergeStrategy: 'append',
    }),
  };
}

const placeOf = ({ plural, group, namespace, name }: ResourceName): string => `${plural}.${group} ${namespace}/${name}`;

function resourceVersionOf(object: unknown): string {
  const { metadata } = object as { metadata?: { resourceVersion?: string } };
  return metadata?.resourceVersion ?? '';
}

function withResourceVersion(patch: MergePatch, resourceVersion: string): MergePatch {
  const metadata = (patch.metadata ?? {}) as MergePatch;
  return { ...patch, metadata: { ...metadata, resourceVersion } };
}

/** What the client says about a failure, in the parts that decisions need. */
function failureOf(error: unknown): { status: number | null; message: string } {
  if (!(error instanceof Error)) return { status: null, message: String(error) };
  const status = 'code' in error && typeof error.code === 'number' ? error.code : null;
  const body: unknown = 'body' in error ? error.body : null;
  return { status, message: messageOf(body) ?? error.message };
}

function messageOf(body: unknown): string | null {
  const parsed = typeof body === 'string' ? parseJson(body) : body;
  if (typeof parsed !== 'object' || parsed === null || !('message' in parsed)) return null;
  return typeof parsed.message === 'string' ? parsed.message : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function kubernetesError(error: unknown, what: string): Error {
  if (error instanceof PawlError || error instanceof TargetOutageError) return error;
  const { status, message } = failureOf(error);
  const options = { cause: error };
  if (status === 401 || status === 403)
    return new PawlError(
      errorTypes.accessDenied,
      `the cluster refuses access to ${what} (${message}): give this process's account the verbs get and patch on it`,
      { status },
      options,
    );
  if (status === 404)
    return new PawlError(
      errorTypes.invalidConfig,
      `the cluster has no ${what} (${message}): create it, or correct \`releaseTargets\` in temporal.yaml`,
      { status },
      options,
    );
  if (status === 400 || status === 405 || status === 415 || status === 422)
    return new PawlError(
      errorTypes.invalidConfig,
      `the cluster does not take the change of ${what}: ${message}`,
      { status },
      options,
    );
  return new TargetOutageError(`the cluster cannot be reached for ${what}, or failed: ${message}`, options);
}
