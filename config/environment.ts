/** A variable of the environment, or several of one meaning. */
export interface Variable {
  readonly names: readonly string[];
  readonly meaning: string;
  readonly default: string;
}

const variable = (name: string | readonly string[], meaning: string, fallback: string): Variable => ({
  names: typeof name === 'string' ? [name] : name,
  meaning,
  default: fallback,
});

/** Every variable that Pawl, or a library that it uses, reads, by topic. A variable takes precedence over `temporal.yaml`. */
export const environment: Readonly<Record<string, readonly Variable[]>> = {
  Places: [
    variable('PAWL_PROJECT', 'folder with `models/` and `datasets/`', 'the package'),
    variable('PAWL_MODELS', 'folder of the model definitions', '`models` in the project'),
    variable('PAWL_HOME', 'folder of the local state', '`.pawl` in the project'),
    variable('PAWL_CONFIG', 'configuration file, which must exist', '`temporal.yaml` in the project'),
    variable('PAWL_CACHE', 'folder of what the set-up downloads', '`.pawl/cache` in the package'),
    variable('TEMPORAL_CLI_PATH', 'the `temporal` program that runs the embedded server', 'found or downloaded'),
  ],
  Temporal: [
    variable(
      'TEMPORAL_ADDRESS',
      '`host:port` of the server',
      '`address` in `temporal.yaml`, else Pawl starts a server',
    ),
    variable('TEMPORAL_NAMESPACE', 'namespace', '`namespace` in `temporal.yaml`'),
    variable(
      'TEMPORAL_PROFILE',
      "profile of Temporal's own configuration file; the file is read only where a profile is named",
      '`profile` in `temporal.yaml`',
    ),
    variable('TEMPORAL_CONFIG_FILE', 'path of that file', "Temporal's usual place"),
    variable('TEMPORAL_API_KEY', 'API key', 'none'),
    variable('TEMPORAL_TLS', '`true` turns TLS on', 'off, on with an API key or a certificate'),
    variable(
      ['TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_CERT_DATA'],
      'client certificate: its file, or its text',
      'none',
    ),
    variable(
      ['TEMPORAL_TLS_CLIENT_KEY_PATH', 'TEMPORAL_TLS_CLIENT_KEY_DATA'],
      'key of that certificate: its file, or its text',
      'none',
    ),
    variable(
      ['TEMPORAL_TLS_SERVER_CA_CERT_PATH', 'TEMPORAL_TLS_SERVER_CA_CERT_DATA'],
      'certificate authority of the server: its file, or its text',
      'those of the system',
    ),
    variable('TEMPORAL_TLS_SERVER_NAME', "name in the server's certificate", 'the host'),
  ],
  S3: [
    variable(
      'PAWL_STORE',
      '`s3://bucket/prefix`, `file:///absolute/path`, or a folder; another form is refused',
      '`store` in `temporal.yaml`, else `store` in `PAWL_HOME`',
    ),
    variable('PAWL_S3_ENDPOINT', "URL of a server other than Amazon's", '`s3.endpoint` in `temporal.yaml`'),
    variable(
      ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
      'credentials; every other way of the AWS SDK works too',
      "the AWS SDK's",
    ),
  ],
  Tests: [
    variable('PAWL_TEST_PATIENCE', 'how many times longer than on an idle machine a test may take', '1'),
    variable('PAWL_TEST_SLOW', '`1` runs the slow tests in place of the others, as `npm run test:slow` does', '0'),
  ],
};
