import { commandsPage } from './commands.ts';
import { documentPage, documents, schemaText } from './documents.ts';
import { programJobSchema, programLineSchema, programResultSchema } from '../../contracts/run/program-job.ts';
import { page } from './markdown.ts';
import { environmentPage, metricsPage, searchAttributesPage } from './names.ts';

/** Folder of the reference. */
export const folder = 'docs/reference';

const others = [
  ['environment', 'Environment', 'Every variable.'],
  ['commands', '`pawl`', 'Every command and option.'],
  ['metrics', 'Metrics', 'What a gateway counts.'],
  ['search-attributes', 'Search attributes', 'What executions are found by.'],
] as const;

/** What a trainer's program and Pawl write for each other: a schema alone, explained in docs/trainers/command.md. */
const messages = [
  { name: 'trainer-job', title: 'job.json of a trainer', schema: programJobSchema },
  { name: 'trainer-line', title: 'Line of progress of a trainer', schema: programLineSchema },
  { name: 'trainer-result', title: 'result.json of a trainer', schema: programResultSchema },
] as const;

const index = (): string =>
  page('Reference', [
    [
      ...documents.map(({ name, title, about }) => `- [${title}](${name}.md): ${about}`),
      ...others.map(([name, title, about]) => `- [${title}](${name}.md): ${about}`),
    ].join('\n'),
  ]);

/** The text of every file of the reference, by its path within the folder. */
export async function referenceFiles(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['README.md', index()],
    ...documents.flatMap((document): [string, string][] => [
      [`${document.name}.md`, documentPage(document)],
      [`schemas/${document.name}.schema.json`, schemaText(document)],
    ]),
    ...messages.map((one): [string, string] => [`schemas/${one.name}.schema.json`, schemaText(one)]),
    ['environment.md', environmentPage()],
    ['commands.md', await commandsPage()],
    ['metrics.md', metricsPage()],
    ['search-attributes.md', searchAttributesPage()],
  ]);
}
