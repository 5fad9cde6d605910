import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';

interface S3Failure {
  readonly name: string;
  readonly status: number | null;
  readonly message: string;
}

/** What the SDK says about a failure, in the parts that decisions need. */
export function failureOf(error: unknown): S3Failure {
  if (!(error instanceof Error)) return { name: '', status: null, message: String(error) };
  const metadata: unknown = '$metadata' in error ? error.$metadata : null;
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata ? metadata.httpStatusCode : null;
  return { name: error.name, status: typeof status === 'number' ? status : null, message: error.message };
}

const wrongPlace = ['PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException'];
const badCredentials = [
  'CredentialsProviderError',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'AccessDenied',
  'Forbidden',
];

/** Retryable: the store is away, or failed. */
class StoreOutageError extends Error {
  override readonly name = 'StoreOutageError';
}

/** A `PawlError` for what no retry can mend (bucket, rights, region); a plain error, naming the store, for everything else. */
export function s3Error(error: unknown, url: string, bucket: string): Error {
  if (error instanceof PawlError || error instanceof StoreOutageError) return error;
  const { name, status, message } = failureOf(error);
  const options = { cause: error };
  if (name === 'NoSuchBucket')
    return new PawlError(
      errorTypes.missingBucket,
      `there is no bucket "${bucket}" for the store ${url}: create it, or correct PAWL_STORE or \`store\` in temporal.yaml`,
      { bucket },
      options,
    );
  if (status === 401 || status === 403 || badCredentials.includes(name))
    return new PawlError(
      errorTypes.accessDenied,
      `the store ${url} refuses access (${name}: ${message}): look at the AWS credentials of this process and at the rights on bucket "${bucket}"`,
      { bucket },
      options,
    );
  if (status === 301 || wrongPlace.includes(name))
    return new PawlError(
      errorTypes.invalidConfig,
      `bucket "${bucket}" is in another region or behind another endpoint (${name}: ${message}): correct \`s3\` in temporal.yaml`,
      { bucket },
      options,
    );
  return new StoreOutageError(`the store ${url} cannot be reached or failed (${name}: ${message})`, options);
}
