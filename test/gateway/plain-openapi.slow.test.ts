import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Signature } from '../../contracts/data/tensor.ts';
import { noColumns } from '../../gateway/models/served-columns.ts';
import { openApiOf, openApiOfAll } from '../../gateway/http/plain/openapi.ts';
import { runCommand } from '../support/command.ts';
import { noPython, pythonVenv } from '../support/python.ts';
import { patience } from '../support/patience.ts';

const tabular: Signature = {
  inputs: [
    { name: 'age', type: 'float32', shape: [null, 1] },
    { name: 'sector "é" <b>', type: 'string', shape: [null, 1] },
    { name: 'children', type: 'int64', shape: [null, 1] },
    { name: 'member', type: 'bool', shape: [null, 1] },
  ],
  outputs: [
    { name: 'label', type: 'int64', shape: [null] },
    { name: 'probabilities', type: 'float32', shape: [null, 2] },
  ],
};
const wide: Signature = {
  inputs: [{ name: 'pixels', type: 'uint8', shape: [1, 4, 4] }],
  outputs: [{ name: 'scores', type: 'float64', shape: [1, 10] }],
};
const url = 'http://127.0.0.1:8080';

/** The document must keep to OpenAPI 3.1, and each example to the schema beside it. */
const script = `
import json, sys
import jsonschema
from openapi_spec_validator import OpenAPIV31SpecValidator
for path in sys.argv[1:]:
    with open(path) as file:
        document = json.load(file)
    OpenAPIV31SpecValidator(document).validate()
    for name, item in document["paths"].items():
        body = item["post"]["requestBody"]["content"]["application/json"]
        jsonschema.Draft202012Validator(body["schema"]).validate(body["example"])
    if "/predict/tabular" in document["paths"]:
        schema = document["paths"]["/predict/tabular"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        takes = jsonschema.Draft202012Validator(schema).is_valid
        print(takes([{"age": None, "children": 1, "member": True}]), takes({"age": 1}), takes({"children": 1, "member": True, "odd": 1}))
`;

describe('the OpenAPI document', () => {
  let python: string | null = null;
  beforeAll(async () => {
    python = await pythonVenv(['openapi-spec-validator==0.9.0']);
  }, 300_000);

  it(
    'is one by the validator of the standard, with examples that keep to its schemas',
    { timeout: patience(60_000) },
    async ({ skip }) => {
      if (python === null) return skip(noPython);
      const folder = await mkdtemp(join(tmpdir(), 'pawl-openapi-'));
      try {
        const documents = {
          one: openApiOf({ model: 'tabular', version: 3, signature: tabular, columns: noColumns }, url),
          other: openApiOf({ model: 'wide', version: 1, signature: wide, columns: noColumns }, url),
          all: openApiOfAll(
            [
              { model: 'tabular', version: 3, signature: tabular, columns: noColumns },
              { model: 'wide', version: 1, signature: wide, columns: noColumns },
            ],
            url,
          ),
          none: openApiOfAll([], url),
        };
        const paths = Object.keys(documents).map((name) => join(folder, `${name}.json`));
        for (const [i, document] of Object.values(documents).entries())
          await writeFile(paths[i]!, Buffer.concat(await document));
        const { code, stdout, stderr } = await runCommand(python, ['-c', script, ...paths]);
        expect(stderr).toBe('');
        expect(code).toBe(0);
        // Columns that may be missing are optional, others are not, and there are no others than the model's.
        expect(stdout.trim().split('\n')).toEqual(['True False False', 'True False False']);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});
