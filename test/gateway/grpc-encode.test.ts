import { noColumns } from '../../gateway/models/served-columns.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../contracts/data/tensor.ts';
import { encodeInferResponse, encodeStreamResponse } from '../../gateway/grpc/encode-response.ts';
import { WireReader } from '../../gateway/grpc/wire-reader.ts';
import { WireWriter } from '../../gateway/grpc/wire-writer.ts';
import type { InferAnswer } from '../../gateway/call/infer-call.ts';
import { decoded, encoded } from './grpc-echo.ts';
import { bytesOf, cases } from './grpc-samples.ts';
import { typeOf } from './type-of.ts';

const answerOf = (outputs: Record<string, Tensor>): InferAnswer => ({
  id: 'id-1',
  model: 'm',
  route: { version: 12, arm: 'canary', share: 0.5, counts: true },
  status: 200,
  error: null,
  outputs,
  cached: false,
  feeds: {},
  columns: noColumns,
});

describe('the gRPC codec writes', () => {
  it.each(cases)('%s raw, as the protocol library reads it', (datatype, { data, raw }) => {
    const tensor: Tensor = { type: typeOf[datatype], shape: [2, 1], data };
    const bytes = encodeInferResponse({ answer: answerOf({ y: tensor }), raw: true });
    expect(decoded('ModelInferResponse', bytes)).toMatchObject({
      model_name: 'm',
      model_version: '12',
      id: 'id-1',
      parameters: { arm: { string_param: 'canary' } },
      outputs: [{ name: 'y', datatype, shape: ['2', '1'], contents: null }],
      raw_output_contents: [raw],
    });
  });

  it.each(cases.filter(([, { contents }]) => contents !== null))(
    '%s typed, as the protocol library reads it',
    (datatype, { data, contents }) => {
      const tensor: Tensor = { type: typeOf[datatype], shape: [2, 1], data };
      const read = decoded('ModelInferResponse', encodeInferResponse({ answer: answerOf({ y: tensor }), raw: false }));
      const wanted = decoded('InferTensorContents', encoded('InferTensorContents', contents!));
      expect(read).toMatchObject({ outputs: [{ name: 'y', datatype, contents: wanted }], raw_output_contents: [] });
    },
  );

  it('half precision raw even where typed contents came', () => {
    const tensor: Tensor = { type: 'float16', shape: [2], data: Uint16Array.of(1, 2) };
    const bytes = encodeInferResponse({ answer: answerOf({ y: tensor }), raw: false });
    expect(decoded('ModelInferResponse', bytes).raw_output_contents).toEqual([Buffer.from([1, 0, 2, 0])]);
  });

  it('outputs of more than its buffer holds, and small ones after them', () => {
    const data = Float32Array.from({ length: 700_000 }, (_, i) => i);
    const large: Tensor = { type: 'float32', shape: [700_000], data };
    const texts: Tensor = { type: 'string', shape: [1], data: ['x'.repeat(300_000)] };
    const read = decoded('ModelInferResponse', encodeInferResponse({ answer: answerOf({ texts, large }), raw: true }));
    const [first, second] = read.raw_output_contents as Buffer[];
    expect(first!.length).toBe(300_004);
    expect(second!.equals(bytesOf(data))).toBe(true);
    const small = encodeInferResponse({ answer: answerOf({}), raw: true });
    expect(decoded('ModelInferResponse', small)).toMatchObject({ id: 'id-1', outputs: [] });
  });

  it('messages of a stream', () => {
    expect(decoded('ModelStreamInferResponse', encodeStreamResponse({ error: 'schön falsch' }))).toMatchObject({
      error_message: 'schön falsch',
    });
    const bytes = encodeStreamResponse({ answer: answerOf({}), raw: true });
    expect(decoded('ModelStreamInferResponse', bytes)).toMatchObject({ infer_response: { id: 'id-1' } });
  });

  it('any 64-bit integer as it reads it', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        const writer = new WireWriter();
        writer.begin();
        writer.varint64(Number(value & 0xffffffffn), Number(value >> 32n));
        const reader = new WireReader(writer.finish());
        reader.varint();
        expect((BigInt(reader.high) << 32n) | BigInt(reader.low)).toBe(value);
        expect(reader.pos).toBe(reader.end);
      }),
    );
  });
});
