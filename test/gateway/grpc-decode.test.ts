import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeInferRequest } from '../../gateway/grpc/decode-request.ts';
import { HttpError } from '../../gateway/call/http-error.ts';
import { encoded } from './grpc-echo.ts';
import { bytesOf, cases, request, samples } from './grpc-samples.ts';

describe('the gRPC codec reads', () => {
  it.each(cases)('%s from raw contents', (datatype, { data, raw }) => {
    const { request: read, raw: wasRaw } = decodeInferRequest(request({ datatype }, { raw_input_contents: [raw] }));
    expect(read.tensors.get('x')).toEqual({ name: 'x', datatype, shape: [2, 1], data });
    expect(wasRaw).toBe(true);
  });

  it.each(cases.filter(([, { contents }]) => contents !== null))('%s from typed contents', (datatype, sample) => {
    const { request: read, raw } = decodeInferRequest(request({ datatype, contents: sample.contents }));
    expect(read.tensors.get('x')).toEqual({ name: 'x', datatype, shape: [2, 1], data: sample.data });
    expect(raw).toBe(false);
  });

  it('large raw tensors at aligned and at unaligned places alike', () => {
    const data = Float32Array.from({ length: 5_000 }, (_, i) => i / 7);
    for (const pad of ['', 'a', 'ab', 'abc']) {
      const bytes = request({ datatype: 'FP32', shape: [5_000] }, { id: pad, raw_input_contents: [bytesOf(data)] });
      expect(decodeInferRequest(bytes).request.tensors.get('x')?.data).toEqual(data);
    }
  });

  it('typed values that are not packed', () => {
    const contents = Buffer.from([0x10, 0x05, 0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    const input = Buffer.concat([
      Buffer.from([0x0a, 1, 120, 0x12, 5]),
      Buffer.from('INT32'),
      Buffer.from([0x18, 2, 0x2a, contents.length]),
      contents,
    ]);
    const bytes = Buffer.concat([Buffer.from([0x2a, input.length]), input]);
    expect(decodeInferRequest(bytes).request.tensors.get('x')?.data).toEqual(Int32Array.of(5, -1));
  });

  it('names, id, version, outputs and parameters of each kind, and leaves those of sequences out', () => {
    const {
      model,
      version,
      request: read,
    } = decodeInferRequest(
      encoded('ModelInferRequest', {
        model_name: 'modèle',
        model_version: '7',
        id: 'abc',
        parameters: {
          a: { bool_param: false },
          b: { int64_param: -3 },
          c: { string_param: 'text' },
          d: { double_param: 0.25 },
          e: { uint64_param: 9 },
          sequence_id: { uint64_param: 5 },
        },
        outputs: [{ name: 'probabilities' }, { name: 'label' }],
      }),
    );
    expect({ model, version, id: read.id, parameters: read.parameters }).toEqual({
      model: 'modèle',
      version: '7',
      id: 'abc',
      parameters: { a: false, b: -3, c: 'text', d: 0.25, e: 9 },
    });
    expect(read.outputs?.map(({ name }) => name)).toEqual(['probabilities', 'label']);
  });

  it('names that share their bytes with others as what they are', () => {
    for (const name of ['\u00c3\u00a9', '\u00e9', 'ab', '\u00c3\u00a9', '\u00e9', '\ufffd'])
      expect(decodeInferRequest(encoded('ModelInferRequest', { model_name: name })).model).toBe(name);
  });
});

describe('the gRPC codec refuses', () => {
  const two = samples.FP32.raw;
  it.each([
    [
      'a wrong number of raw bytes',
      request({ datatype: 'FP32' }, { raw_input_contents: [two.subarray(1)] }),
      /8 raw bytes.*7/,
    ],
    [
      'raw and typed contents together',
      request({ datatype: 'FP32', contents: { fp32_contents: [1, 2] } }, { raw_input_contents: [two] }),
      /contents beside raw_input_contents/,
    ],
    [
      'raw contents for some inputs only',
      request({ datatype: 'FP32' }, { raw_input_contents: [two, two] }),
      /1 inputs and 2 raw_input_contents/,
    ],
    ['too few values', request({ datatype: 'FP32', contents: { fp32_contents: [1] } }), /fewer values than the 2/],
    [
      'too many values',
      request({ datatype: 'FP32', contents: { fp32_contents: [1, 2, 3] } }),
      /more values than the 2/,
    ],
    ['no values', request({ datatype: 'FP32' }), /fewer values than the 2/],
    [
      'values in another field',
      request({ datatype: 'FP32', contents: { fp64_contents: [1, 2] } }),
      /fp32_contents.*fp64_contents/,
    ],
    [
      'values out of range',
      request({ datatype: 'INT8', contents: { int_contents: [1, 128] } }),
      /value 1 is out of the range of INT8/,
    ],
    [
      'half precision in typed contents',
      request({ datatype: 'FP16', contents: { fp32_contents: [1, 2] } }),
      /FP16 has no typed contents/,
    ],
    ['unknown datatypes', request({ datatype: 'BF16', contents: { fp32_contents: [1, 2] } }), /"BF16".*none of BOOL/],
    [
      'negative sizes',
      request({ datatype: 'FP32', shape: [-1, 2], contents: { fp32_contents: [1, 2] } }),
      /negative dimension/,
    ],
    [
      'shapes beyond counting',
      request({ datatype: 'FP32', shape: [2 ** 40, 2 ** 40] }, { raw_input_contents: [two] }),
      /too large/,
    ],
    [
      'claims of more values than bytes',
      request({ datatype: 'INT64', shape: [2 ** 40], contents: { int64_contents: [1] } }),
      /fewer values/,
    ],
    [
      'text that is not UTF-8',
      request({ datatype: 'BYTES', contents: { bytes_contents: [Buffer.from([0xff]), Buffer.from('a')] } }),
      /value 0 is not UTF-8/,
    ],
    [
      'raw text that ends too late',
      request({ datatype: 'BYTES' }, { raw_input_contents: [Buffer.from([9, 0, 0, 0, 1])] }),
      /text 0 ends beyond/,
    ],
    [
      'shared memory',
      request({ datatype: 'FP32', parameters: { shared_memory_region: { string_param: 'r' } } }),
      /shared memory/,
    ],
    [
      'classification',
      request(
        { datatype: 'FP32', contents: { fp32_contents: [1, 2] } },
        { outputs: [{ name: 'y', parameters: { classification: { int64_param: 3 } } }] },
      ),
      /"classification" is not supported/,
    ],
    [
      'an input that is given twice',
      encoded('ModelInferRequest', {
        inputs: [
          { name: 'x', datatype: 'FP32', shape: [0] },
          { name: 'x', datatype: 'FP32', shape: [0] },
        ],
      }),
      /given twice/,
    ],
    ['what is not protobuf', Buffer.from('GET / HTTP/1.1'), /not protobuf/],
  ] as const)('%s', (_what, bytes, message) => {
    expect(() => decodeInferRequest(bytes)).toThrow(message);
    expect(() => decodeInferRequest(bytes)).toThrow(HttpError);
  });

  const readable = (bytes: Buffer): boolean => {
    try {
      decodeInferRequest(bytes);
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(HttpError);
      expect((error as HttpError).status).toBe(400);
      return false;
    }
  };

  it('any bytes with status 400, or reads them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => (readable(Buffer.from(bytes)), true)),
      { numRuns: 2_000 },
    );
  });

  it('requests with a byte changed, left out or added, or reads them', () => {
    const bases = cases.map(([datatype, { contents, raw }]) =>
      contents === null ? request({ datatype }, { raw_input_contents: [raw] }) : request({ datatype, contents }),
    );
    let refused = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...bases),
        fc.nat(),
        fc.integer({ min: -1, max: 255 }),
        fc.boolean(),
        (base, at, byte, insert) => {
          const place = at % base.length;
          const middle = byte < 0 ? Buffer.alloc(0) : Buffer.from([byte]);
          const bytes = Buffer.concat([base.subarray(0, place), middle, base.subarray(place + (insert ? 0 : 1))]);
          if (!readable(bytes)) refused += 1;
        },
      ),
      { numRuns: 2_000 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});
