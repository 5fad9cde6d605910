import { noColumns } from '../../gateway/models/served-columns.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../contracts/data/tensor.ts';
import type { InferAnswer } from '../../gateway/call/infer-call.ts';
import type { InferRequest } from '../../gateway/call/infer-request.ts';
import { modelConfig, modelMetadata, type Described } from '../../gateway/protocol/describe.ts';
import { float32Text } from '../../codec/float32-text.ts';
import { inferResponse, valuesJson } from '../../gateway/protocol/write-response.ts';
import { decodeRaw } from '../../gateway/protocol/raw-tensors.ts';

const answerOf = (outputs: Record<string, Tensor>): InferAnswer => ({
  id: 'an "id"',
  model: 'tiny',
  route: { version: 3, arm: 'champion', share: 1, counts: true },
  status: 200,
  error: null,
  outputs,
  cached: false,
  feeds: {},
  columns: noColumns,
});
const asked: InferRequest = { id: null, parameters: {}, tensors: new Map(), outputs: null, binaryOutputs: false };
const label: Tensor = { type: 'int64', shape: [2], data: BigInt64Array.of(1n, -(2n ** 63n)) };
const probabilities: Tensor = { type: 'float32', shape: [2, 2], data: Float32Array.of(0.1, 0.9, NaN, Infinity) };

describe('an answer', () => {
  it('is JSON of the protocol', () => {
    const { body, jsonLength } = inferResponse(answerOf({ label, probabilities }), asked);
    expect(jsonLength).toBeNull();
    expect(body).toContain('-9223372036854775808');
    expect(JSON.parse(body.toString())).toEqual({
      model_name: 'tiny',
      model_version: '3',
      id: 'an "id"',
      outputs: [
        { name: 'label', datatype: 'INT64', shape: [2], data: [1, -(2 ** 63)] },
        { name: 'probabilities', datatype: 'FP32', shape: [2, 2], data: [0.1, 0.9, null, null] },
      ],
    });
  });

  it('has raw tensors behind its JSON where they were asked for, by name or for all', () => {
    const named: InferRequest = {
      ...asked,
      outputs: [
        { name: 'probabilities', binary: true },
        { name: 'label', binary: false },
      ],
    };
    const { body, jsonLength } = inferResponse(answerOf({ probabilities, label }), named);
    const bytes = body as Buffer;
    expect(JSON.parse(bytes.subarray(0, jsonLength ?? 0).toString())).toMatchObject({
      outputs: [
        { name: 'probabilities', shape: [2, 2], parameters: { binary_data_size: 16 } },
        { name: 'label', data: [1, -(2 ** 63)] },
      ],
    });
    expect(decodeRaw('p', 'FP32', [2, 2], bytes.subarray(jsonLength ?? 0))).toEqual(probabilities.data);
    const all = inferResponse(answerOf({ label, text: { type: 'string', shape: [1], data: ['é'] } }), {
      ...asked,
      binaryOutputs: true,
    });
    expect((all.body as Buffer).length - (all.jsonLength ?? 0)).toBe(16 + 4 + 2);
  });

  it.each<[Tensor, string]>([
    [{ type: 'bool', shape: [2], data: Uint8Array.of(0, 1) }, '[false,true]'],
    [{ type: 'float16', shape: [3], data: Uint16Array.of(0x3c00, 0x7e00, 0xfc00) }, '[1,null,null]'],
    [{ type: 'float64', shape: [3], data: Float64Array.of(0.1, -Infinity, 1e300) }, '[0.1,null,1e+300]'],
    [{ type: 'uint64', shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) }, '[18446744073709551615]'],
    [{ type: 'int8', shape: [2], data: Int8Array.of(-128, 127) }, '[-128,127]'],
    [{ type: 'string', shape: [2], data: ['"', ''] }, '["\\"",""]'],
    [{ type: 'float32', shape: [0], data: new Float32Array(0) }, '[]'],
  ])('writes %o', (tensor, json) => {
    expect(valuesJson(tensor)).toBe(json);
  });

  it('writes every float32 as valid JSON that is the same float32, in at most nine digits', () => {
    const bits = new Uint32Array(1);
    const floats = new Float32Array(bits.buffer);
    const check = (value: number): void => {
      const text = float32Text(value);
      const read = JSON.parse(text) as number;
      if (
        Math.fround(read) !== value ||
        text
          .replace(/e.*$/, '')
          .replace(/^-?0?\.?0*|[.-]/g, '')
          .replace(/0+$/, '').length > 9
      )
        expect.fail(`${value} became ${text}`);
    };
    for (const value of [
      0, 1, -1, 0.5, 0.1, 1e-6, 9.999999e-7, 1e6, 999_999.94, 0.99999994, 3.4028235e38, 1e-45, 16_777_216,
    ])
      for (const sign of [1, -1]) check(Math.fround(sign * value));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (pattern) => {
        bits[0] = pattern;
        if (Number.isFinite(floats[0])) check(floats[0] ?? 0);
      }),
      { numRuns: 20_000 },
    );
    fc.assert(fc.property(fc.float({ min: 0, max: 1, noNaN: true }), check), { numRuns: 20_000 });
    expect(float32Text(Math.fround(0.1))).toBe('0.1');
    expect(float32Text(-0)).toBe('0');
  });
});

describe('a description', () => {
  const described = (batches: boolean, maxBatch = 64): Described => ({
    model: 'tiny',
    versions: [1, 3],
    served: {
      version: 3,
      batches,
      policy: { maxBatch },
      signature: {
        inputs: [
          { name: 'age', type: 'float16', shape: [null, 1] },
          { name: 'sector', type: 'string', shape: [null, 4, null] },
        ],
        outputs: [{ name: 'label', type: 'int64', shape: [null] }],
      },
    },
  });

  it('has whole shapes as metadata', () => {
    expect(modelMetadata(described(true))).toEqual({
      name: 'tiny',
      versions: ['1', '3'],
      platform: 'onnxruntime_onnx',
      inputs: [
        { name: 'age', datatype: 'FP16', shape: [-1, 1] },
        { name: 'sector', datatype: 'BYTES', shape: [-1, 4, -1] },
      ],
      outputs: [{ name: 'label', datatype: 'INT64', shape: [-1] }],
    });
  });

  it('leaves the batch axis out of the configuration where rows share a pass', () => {
    expect(modelConfig(described(true))).toMatchObject({
      max_batch_size: 64,
      dynamic_batching: {},
      input: [
        { name: 'age', data_type: 'TYPE_FP16', dims: [1] },
        { name: 'sector', data_type: 'TYPE_STRING', dims: [4, -1] },
      ],
      output: [{ name: 'label', data_type: 'TYPE_INT64', dims: [1], reshape: { shape: [] } }],
    });
  });

  it.each([described(false), described(true, 1)])(
    'has whole shapes in the configuration where they do not (%#)',
    (model) => {
      const config = modelConfig(model);
      expect(config).toMatchObject({
        max_batch_size: 0,
        input: [{ dims: [-1, 1] }, { dims: [-1, 4, -1] }],
        output: [{ dims: [-1] }],
      });
      expect(config).not.toHaveProperty('dynamic_batching');
    },
  );
});
