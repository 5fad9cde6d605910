import { shownText } from '../../contracts/shown-text.ts';
import type { ProjectGuess } from '../../policy/guess/guess-project.ts';

/** What a person must answer about the rows: the questions of Gebru et al., Datasheets for Datasets (2021), in short. */
export function datasheetText(dataset: string, source: string, guess: ProjectGuess): string {
  const sensitive = guess.dataset.filter(({ path }) => path[0] === 'sensitive').map(({ value }) => columnOf(value));
  return `# Datasheet: ${dataset}
Written by \`pawl init\`. The numbers are counted from \`${shownText(source)}\`. Answer each question, and delete this line.

## What is a row?
${guess.rows} rows, ${guess.labelled} with a label. ${guess.time === null ? 'Rows have no time.' : `The time of a row is \`${shownText(guess.time)}\`.`}

- What does one row describe: a person, an event, a day?
- What does the label mean, and when is it known?

## Where do the rows come from?
- Which system wrote them, from when to when, and who joined or changed them? Write the short answer under \`provenance\` in \`dataset.yaml\`.
- How are rows chosen: all of them, or a sample?

## Under which terms may they be used?
- Who owns them, and what do the terms allow? Write the short answer under \`licence\` in \`dataset.yaml\`.

## Who is in them?
Columns that may be sensitive, by their names: ${sensitive.length === 0 ? 'none' : sensitive.map((name) => `\`${shownText(name)}\``).join(', ')}.

- Do rows describe persons? Did they agree, and can a person be found in the rows?
- Which groups are too small, or missing?

## Which gaps are known?
${gapsOf(guess)}- Which values are missing, and why?
- Which columns are known only after the label? A model must not read them.
`;
}

const columnOf = (value: unknown): string => (value as { column: string }).column;

function gapsOf({ rows, labelled, undeclared }: ProjectGuess): string {
  const gaps = [
    ...(rows === labelled ? [] : [`${rows - labelled} rows have no label.`]),
    ...undeclared.map(({ name, why }) => `\`${shownText(name)}\` is not declared: ${why}.`),
  ];
  return gaps.map((gap) => `- ${gap}\n`).join('');
}
