import { didYouMean } from '../did-you-mean.ts';
import type { ModelDefinition } from './model-definition.ts';
import type { Range } from './search.ts';
import { trainerKeys, trainerSchema, trainingSteps, type TrainerSettings } from './trainer.ts';

const ofProgram = 'parameters.';

/** Settings that name files, which are read when a run is opened. */
const ofFiles: readonly string[] = ['folder', 'model'];

/** The trainer with other settings; one of a program is named `parameters.<name>`. They are not checked. */
export function withSettings(trainer: TrainerSettings, settings: Readonly<Record<string, unknown>>): unknown {
  const entries = Object.entries(settings);
  const parameters = entries.filter(([name]) => name.startsWith(ofProgram));
  return {
    ...trainer,
    ...Object.fromEntries(entries.filter(([name]) => !name.startsWith(ofProgram))),
    ...(parameters.length === 0 || trainer.kind !== 'command'
      ? {}
      : {
          parameters: {
            ...trainer.parameters,
            ...Object.fromEntries(parameters.map(([name, value]) => [name.slice(ofProgram.length), value])),
          },
        }),
  };
}

const fits = (trainer: TrainerSettings, name: string, value: unknown): boolean =>
  trainerSchema.safeParse(withSettings(trainer, { [name]: value })).success;

/** Whether a setting takes whole numbers alone. A program's does where both ends of its range are whole. */
export function isWhole(trainer: TrainerSettings, name: string, { from, to }: { from: number; to: number }): boolean {
  if (name.startsWith(ofProgram)) return Number.isInteger(from) && Number.isInteger(to);
  return !fits(trainer, name, Math.floor((from + to) / 2) + 0.5);
}

/** What cannot be searched. */
export function searchFaults({ search, trainer }: Pick<ModelDefinition, 'search' | 'trainer'>): string[] {
  if (search === undefined) return [];
  if (trainer.kind === 'auto')
    return ['search: trainer.kind is auto, which has settings of its own: name one trainer, or leave the search out'];
  if (search.method === 'halving' && trainingSteps[trainer.kind].most === null)
    return ['search.method is halving, and nobody knows how many steps a program takes: write tpe or random'];
  const known = trainerKeys(trainer.kind).filter((name) => name !== 'kind');
  return Object.entries(search.ranges).flatMap(([name, range]) => {
    const where = `search.ranges.${name}`;
    const isParameter = trainer.kind === 'command' && name.startsWith(ofProgram) && name.length > ofProgram.length;
    if (!isParameter && !known.includes(name)) {
      const near = didYouMean(name, known);
      return [
        `${where}: trainer ${trainer.kind} has no setting "${name}"${near === null ? `: it has ${known.join(', ')}` : `: did you mean ${near}?`}`,
      ];
    }
    if (ofFiles.includes(name)) return [`${where}: a run keeps the files of one ${name}: leave it out`];
    return rangeFaults(range)
      .map((fault) => `${where}: ${fault}`)
      .concat(unfit(trainer, name, range, where));
  });
}

function rangeFaults(range: Range): string[] {
  if ('of' in range) {
    const texts = range.of.map((value) => JSON.stringify(value));
    const twice = texts.find((text, at) => texts.indexOf(text) !== at);
    return twice === undefined ? [] : [`${twice} is listed twice: leave one out`];
  }
  const { from, to, scale } = range;
  if (from >= to) return [`from is ${from} and to is ${to}: from must be below to`];
  return scale === 'log' && from <= 0 ? [`from is ${from}, which has no logarithm: write scale: linear`] : [];
}

function unfit(trainer: TrainerSettings, name: string, range: Range, where: string): string[] {
  const ends = 'of' in range ? range.of : [range.from, range.to];
  const bad = ends.filter((value) => !fits(trainer, name, value));
  return bad.map((value) => `${where}: the trainer does not take ${JSON.stringify(value)}`);
}
