import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { splitDataset, splitForms, type SplitForm } from '../../activities/run/split-dataset.ts';
import { shownNames } from '../../contracts/shown-text.ts';
import { withJson, type JsonOption } from '../arguments.ts';
import { withPorts } from '../context.ts';
import { CommandFailed } from '../errors.ts';
import { fields, print } from '../output.ts';
import { selectionOf, withSelection, type SelectionOptions } from '../row-selection.ts';
import { checkRequest } from '../start-run.ts';

interface Options extends JsonOption, SelectionOptions {
  format: SplitForm;
}

export function splitCommand(program: Command): void {
  withSelection(withJson(program.command('split')))
    .argument('<model>', 'name of a model definition')
    .argument('<dir>', 'new or empty folder for the files train, validation and test, and manifest.json')
    .description(
      'write the training, validation and test rows for a trainer outside: split as a run splits them, with the values that a model is given',
    )
    .addOption(
      new Option('--format <form>', 'of the three files; manifest.json says the types')
        .choices(splitForms)
        .default('parquet'),
    )
    .action((model: string, dir: string, options: Options) =>
      withPorts(async ({ ports }) => {
        const folder = resolve(dir);
        if (existsSync(folder) && readdirSync(folder).length > 0)
          throw new CommandFailed(`${folder} is not empty: name a new folder`);
        const selection = selectionOf(options);
        await checkRequest(ports.definitions, { model, ...selection });
        const manifest = await splitDataset(ports, model, selection.data ?? {}, folder, options.format);
        const { train, validation, test } = manifest.parts;
        print(options, manifest, () =>
          fields([
            ['source', manifest.source],
            ['train', `${train.rows} rows, ${train.digest}`],
            ['validation', `${validation.rows} rows, ${validation.digest}`],
            ['test', `${test.rows} rows, ${test.digest}: to judge by, not to train on`],
            ['no label', `${manifest.unlabelled} rows, left out`],
            ...(manifest.undeclared.length === 0
              ? []
              : [['left out', `${shownNames(manifest.undeclared)}: not declared in the dataset`] as [string, string]]),
            ['folder', folder],
          ]),
        );
      }),
    );
}
