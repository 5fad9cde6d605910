import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HttpError } from '../../gateway/http-error.ts';
import { datatypes } from '../../gateway/infer-request.ts';
import { parseInferRequest } from '../../gateway/protocol/infer-request.ts';

const limits = { maxJsonValues: 1000 };

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
