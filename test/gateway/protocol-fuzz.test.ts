import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HttpError } from '../../gateway/call/http-error.ts';
import { datatypes } from '../../gateway/call/infer-request.ts';
import { parseInferRequest } from '../../gateway/protocol/parse-request.ts';
import { parseFastJson } from '../../gateway/protocol/fast-json.ts';

const limits = { maxJsonBytes: 1_000_000, maxJsonValues: 1000 };

describe('any body', () => {
  const json = fc.oneof(
    fc.json({ maxDepth: 4 }),
    fc
      .record(
        {
          id: fc.oneof(fc.string(), fc.jsonValue()),
          parameters: fc.jsonValue(),
          outputs: fc.oneof(fc.array(fc.record({ name: fc.string(), parameters: fc.jsonValue() })), fc.jsonValue()),
          inputs: fc.array(
            fc.record(
              {
                name: fc.oneof(fc.string(), fc.constant('__proto__')),
                datatype: fc.oneof(fc.constantFrom(...datatypes, 'BF16'), fc.jsonValue()),
                shape: fc.oneof(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }), fc.jsonValue()),
                data: fc.oneof(fc.array(fc.jsonValue({ maxDepth: 1 })), fc.jsonValue()),
                parameters: fc.oneof(
                  fc.record({ binary_data_size: fc.oneof(fc.nat(12), fc.jsonValue()) }),
                  fc.jsonValue(),
                ),
              },
              { requiredKeys: ['name', 'datatype'] },
            ),
          ),
        },
        { requiredKeys: ['inputs'] },
      )
      .map((value) => JSON.stringify(value)),
  );

  it('is a request or is refused with a 4xx', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          json.map((text) => Buffer.from(text)),
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        ),
        fc.uint8Array({ maxLength: 24 }),
        fc.option(fc.nat(400)),
        (head, tail, length) => {
          try {
            const request = parseInferRequest(Buffer.concat([head, tail]), length ?? head.length, limits);
            for (const { data, shape } of request.tensors.values()) {
              expect(data.length).toBe(shape.reduce((size, next) => size * next, 1));
              for (const value of data as Iterable<unknown>)
                expect(value === null || typeof value !== 'object').toBe(true);
            }
          } catch (error) {
            expect(error).toBeInstanceOf(HttpError);
            expect((error as HttpError).status).toSatisfy((status: number) => status >= 400 && status < 500);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('an ordinary body', () => {
  const number = fc.oneof(
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: -10, max: 10, noNaN: true }),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.maxSafeInteger(),
    fc.constantFrom(0, -0, 1e22, 1e-7, 0.1, 16_777_217, 3.4028235e38, 1e39, 5e-324, 2 ** 53, 123_456_789.123_456_78),
  );
  const long = fc
    .tuple(fc.nat(80), fc.constantFrom('', '"', '\\', '\u007f', 'é', '€', '\n'), fc.nat(80))
    .map(([before, one, after]) => `${'a'.repeat(before)}${one}${'b'.repeat(after)}`);
  const scalar = fc.oneof(number, fc.string(), fc.string({ unit: 'binary' }), long, fc.boolean(), fc.constant(null));
  const name = fc.constantFrom(
    'age',
    'sector',
    'é',
    'a\\b',
    'an "x"',
    '',
    'tab\t',
    'x'.repeat(40),
    'data',
    '__proto__',
  );
  const tensor = fc
    .record({
      name,
      datatype: fc.constantFrom(...datatypes, 'BF16'),
      data: fc.oneof(fc.array(number, { maxLength: 5 }), fc.array(scalar, { maxLength: 5 })),
      wrong: fc.constantFrom(0, 0, 0, 0, 1),
      order: fc.shuffledSubarray(['name', 'datatype', 'shape', 'data'] as const, { minLength: 4 }),
      usual: fc.constantFrom(true, true, false),
    })
    .map(({ name, datatype, data, wrong, order, usual }) => {
      const whole = { name, datatype, shape: [data.length + wrong], data };
      return usual ? whole : Object.fromEntries(order.map((key) => [key, whole[key]]));
    });
  const body = fc.record(
    {
      id: fc.oneof(fc.string(), fc.constant(null)),
      inputs: fc.array(tensor, { maxLength: 4 }),
      outputs: fc.array(fc.record({ name: fc.string(), parameters: fc.record({ binary_data: fc.boolean() }) })),
      parameters: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.boolean(), fc.integer())),
    },
    { requiredKeys: ['inputs'] },
  );
  const outcome = (text: string): unknown => {
    try {
      const { tensors, ...rest } = parseInferRequest(Buffer.from(text), null, limits);
      return { ...rest, tensors: [...tensors] };
    } catch (error) {
      return error instanceof HttpError ? { status: error.status, message: error.message } : error;
    }
  };
  // A key that no ordinary request has leaves the body to the general parser.
  const general = (text: string): unknown => outcome(text.replace('{', '{"other":0,'));

  it('is read without the general parser', () => {
    const [age, sector] = ['FP32', 'BYTES'].map((datatype) => ({ name: datatype, datatype, shape: [1, 1], data: [1] }));
    for (const value of [
      { inputs: [age, { ...sector, data: ['é'] }] },
      { id: 'r', inputs: [age], outputs: [{ name: 'label', parameters: { binary_data: true } }] },
      { id: '', inputs: [{ ...age, data: [null] }], parameters: { binary_data_output: true } },
    ])
      for (const space of [undefined, 1])
        expect(parseFastJson(Buffer.from(JSON.stringify(value, null, space)))).not.toBeNull();
  });

  it('means the same to both parsers, with any long text', () => {
    for (let code = 0; code < 0x180; code += 1)
      for (let before = 30; before < 41; before += 1) {
        const long = `${'a'.repeat(before)}${String.fromCharCode(code)}${'z~ '.repeat(before % 5)}`;
        const text = `{"inputs":[{"name":"x","datatype":"BYTES","shape":[1,1],"data":["${long}"]}]}`;
        const [said, expected] = [outcome(text), general(text)].map((all) =>
          JSON.stringify(all, null, 1).replace(/ at position \d+/, ''),
        );
        expect(said, `character ${code} after ${before}`).toBe(expected);
      }
  });

  it('means the same to both parsers', () => {
    fc.assert(
      fc.property(body, fc.constantFrom(undefined, 1, '\r\n\t '), (value, space) => {
        const text = JSON.stringify(value, null, space);
        expect(outcome(text)).toEqual(general(text));
      }),
      { numRuns: 5000 },
    );
  });

  it('means the same to both parsers where it is damaged', () => {
    fc.assert(
      fc.property(
        body,
        fc.nat(),
        fc.constantFrom('', ' ', '0', '-', '.', 'e', '"', ',', '\\', '[', ']', '}', 'null', '01'),
        (value, at, put) => {
          const text = JSON.stringify(value);
          const cut = 1 + (at % text.length);
          const damaged = text.slice(0, cut) + put + text.slice(cut + 1);
          const seen = outcome(damaged) as { message?: string };
          const said = general(damaged) as { message?: string };
          // Where JSON breaks, the message names a position.
          if (seen.message?.includes('not valid JSON') && said.message?.includes('not valid JSON')) return;
          expect(seen).toEqual(said);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('holds numbers as JSON has them, to the last bit', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }), (values) => {
        for (const [datatype, expected] of [
          ['FP32', Float32Array.from(values)],
          ['FP64', Float64Array.from(values)],
        ] as const) {
          const text = JSON.stringify({ inputs: [{ name: 'x', datatype, shape: [values.length], data: values }] });
          const { tensors } = parseInferRequest(Buffer.from(text), null, limits);
          // JSON writes -0 as 0.
          expect(Array.from(tensors.get('x')?.data as Float32Array, (v) => v + 0)).toEqual(
            Array.from(expected, (v) => v + 0),
          );
        }
      }),
      { numRuns: 2000 },
    );
  });
});
