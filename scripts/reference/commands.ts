import type { Argument, Command, Option } from 'commander';
import { createProgram } from '../../cli/program.ts';
import { page, table } from './markdown.ts';

/** Every command of `pawl`, with its arguments and options. */
export async function commandsPage(): Promise<string> {
  const program = await createProgram(() => undefined);
  return page('`pawl`', [
    program.description(),
    'Exit codes: 0 done, 1 failed (also where what was named is not there), 2 bad usage (the arguments alone show it). An unknown command or option is refused. `pawl <command> --help` prints the same.',
    ...program.commands.flatMap((command) => sections(command, 'pawl')),
  ]);
}

function sections(command: Command, before: string): string[] {
  const name = `${before} ${command.name()}`;
  const own = command.registeredArguments;
  const rows = [...own.map(argumentRow), ...command.options.filter(({ hidden }) => !hidden).map(optionRow)];
  const text = `## ${name}\n${sentence(command.description())}${rows.length === 0 ? '' : `\n\n${table(['argument or option', 'default', 'meaning'], rows)}`}`;
  return [text, ...command.commands.flatMap((inner) => sections(inner, name))];
}

const argumentRow = (argument: Argument): string[] => {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return [`\`${argument.required ? `<${name}>` : `[${name}]`}\``, defaultText(argument), argument.description];
};

const optionRow = (option: Option): string[] => [
  `\`${option.flags}\``,
  option.mandatory ? 'required' : defaultText(option),
  [option.description, choices(option)].filter((text) => text !== '').join('; '),
];

const choices = ({ argChoices }: Option): string =>
  argChoices === undefined ? '' : argChoices.map((choice) => `\`${choice}\``).join(', ');

function defaultText({ defaultValue, defaultValueDescription }: Argument | Option): string {
  if (defaultValueDescription !== undefined) return defaultValueDescription;
  const value = defaultValue as unknown;
  if (value === undefined || value === false || JSON.stringify(value) === '{}' || JSON.stringify(value) === '[]')
    return '';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
