import { commandsPage } from './commands.ts';
import { documentPage, documents, schemaText } from './documents.ts';
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
    ['environment.md', environmentPage()],
    ['commands.md', await commandsPage()],
    ['metrics.md', metricsPage()],
    ['search-attributes.md', searchAttributesPage()],
  ]);
}
