import { describe, expect, test } from 'vitest';
import { columnSchema, type DatasetDefinition } from '../../contracts/data/dataset.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import { groupsToRead } from '../../policy/release/what-to-count/groups.ts';
import { fairness } from './groups.ts';

describe('which attributes the log tells', () => {
  const sensitive: DatasetDefinition['sensitive'] = [
    { column: 'SEX', labels: { 1: 'men' } },
    { column: 'AGEP', bands: [30] },
    { column: 'RAC1P' },
    { column: 'DIS' },
  ];
  const named = (log: object, guards: object = { fairness }) =>
    groupsToRead(
      modelDefinitionSchema.parse({
        model: 'm',
        dataset: 'd',
        features: ['SEX', 'AGEP', 'RAC1P'],
        fairness: { attributes: { AGEP: {}, 'RAC1P x SEX': {}, DIS: {}, MAR: {} } },
        release: { guards },
        serving: { log },
      }),
      { sensitive, columns: { SEX: columnSchema.parse({ type: 'boolean', kind: 'categorical' }) } },
    );
  test('keeps the order of a pair, and says why others are not told', () => {
    expect(named({})).toEqual({
      attributes: [
        { name: 'AGEP', parts: [sensitive[1]] },
        { name: 'RAC1P x SEX', parts: [sensitive[2], { ...sensitive[0], rule: { type: 'boolean', missing: [] } }] },
      ],
      most: 4,
      unread: [
        { attribute: 'DIS', why: 'DIS is not an input of the model' },
        { attribute: 'MAR', why: 'MAR is not sensitive in the dataset definition' },
      ],
    });
  });
  test('leaves out what the log drops, and bands of hashed values; other hashes make groups', () => {
    const { attributes, unread } = named({ drop: ['SEX'], hash: ['AGEP', 'RAC1P'] }) ?? { attributes: [], unread: [] };
    expect(attributes).toEqual([]);
    expect(unread.slice(0, 2)).toEqual([
      { attribute: 'AGEP', why: 'AGEP is in bands, and its values are hashed in the log' },
      { attribute: 'RAC1P x SEX', why: 'SEX is dropped from the log' },
    ]);
    expect(named({ hash: ['RAC1P'] })?.attributes.map(({ name }) => name)).toEqual(['AGEP', 'RAC1P x SEX']);
    expect(named({ hash: ['SEX'] })?.attributes[1]?.parts).toEqual([sensitive[2], sensitive[0]]);
  });
  test('asks for nothing where no groups are judged', () => {
    expect(named({}, {})).toBeNull();
  });
});
