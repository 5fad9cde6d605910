import { readFileSync } from 'node:fs';
import { labelSpaceOf } from '../../contracts/data/label-space.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import { datasetOfTensors } from '../../contracts/model/tensors.ts';
import { adaptImport, type Adaption } from '../../ml/onnx/adapt/adapt-import.ts';
import { decodeModel, type ModelProto } from '../../ml/onnx/proto.ts';
import { createRandom } from '../../ml/random.ts';

interface Fixture {
  readonly text: Readonly<Record<'first' | 'second' | 'bad', string>>;
  readonly textCase: {
    readonly input_ids: readonly (readonly number[])[];
    readonly attention_mask: readonly (readonly number[])[];
    readonly probabilities: readonly (readonly number[])[];
  };
  readonly pictures: Readonly<Record<PictureModel, string>> & {
    readonly plain: Readonly<Record<'model' | 'data', string>>;
  };
  readonly pictureCase: {
    /** 12 x 12 values of each. */
    readonly pixels: readonly (readonly number[])[];
    readonly probabilities: readonly (readonly number[])[];
    readonly brightness: readonly (readonly number[])[];
  };
}

const file = new URL('../fixtures/imports/tensors.json', import.meta.url);
/** Models on tensors and what PyTorch answers: `test/fixtures/imports/make_tensors.py`. */
const fixture = JSON.parse(readFileSync(file, 'utf8')) as Fixture;
export const { textCase, pictureCase } = fixture;

export type TextModel = keyof Fixture['text'];
export type PictureModel = 'classes' | 'numbers' | 'one';
export const textModel = (which: TextModel): Uint8Array => Buffer.from(fixture.text[which], 'base64');
/** The two files of a plain `torch.onnx.export`: `model.onnx` and `model.onnx.data`. */
export const plainExport = {
  model: Buffer.from(fixture.pictures.plain.model, 'base64'),
  data: Buffer.from(fixture.pictures.plain.data, 'base64'),
};
export const pictureModel = (which: PictureModel): Uint8Array => Buffer.from(fixture.pictures[which], 'base64');

export const feelings = ['negative', 'neutral', 'positive'] as const;

/** Texts as `sentences` of the script draws them, with the label that they should get. */
export function sentences(count: number, seed: number): { tokens: number[]; label: (typeof feelings)[number] }[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const kind = random.integer(3);
    const kinds = Array.from({ length: 4 + random.integer(9) }, () =>
      random.next() < 0.75 ? kind : random.integer(3),
    );
    const words = kinds.map((one) => 4 + 14 * one + random.integer(14));
    const counts = feelings.map((_, one) => kinds.filter((each) => each === one).length);
    return { tokens: [2, ...words, 3], label: feelings[counts.indexOf(Math.max(...counts))]! };
  });
}

/** The definition of a model on tensors, and what takes the place of its dataset. */
export function definedTensors(label: object, more: object = {}) {
  const definition = modelDefinitionSchema.parse({ model: 'm', tensors: { label }, ...more });
  return { definition, dataset: datasetOfTensors(definition, definition.tensors!) };
}

/** What becomes of a model on tensors with such a label. */
export function adaptionOf(bytes: Uint8Array, label: object, more: object = {}): Adaption {
  const { definition, dataset } = definedTensors(label, more);
  return adaptImport(decodeModel(bytes), definition, dataset, labelSpaceOf(definition, dataset));
}

/** The adapted form of a model; throws where it has none. */
export function adaptedTensors(...of: Parameters<typeof adaptionOf>): ModelProto {
  const found = adaptionOf(...of);
  if (found.kind !== 'adapted') throw new Error(JSON.stringify(found));
  return found.model;
}
