import type { Command } from 'commander';
import { withJson, type JsonOption } from '../arguments.ts';
import { examine } from '../doctor/examine.ts';
import { print, table } from '../output.ts';
import type { SetExitCode } from '../exit-code.ts';

export function doctorCommand(program: Command, setExitCode: SetExitCode): void {
  withJson(program.command('doctor'))
    .description(
      'examine what Pawl needs here, and say what to do about what is missing; exit code 1 where something is broken',
    )
    .action(async (options: JsonOption) => {
      const findings = await examine();
      print(options, findings, () =>
        table(
          ['', 'WHAT', 'FOUND'],
          findings.map(({ status, check, detail }) => [status, check, detail.split('\n')]),
        ),
      );
      setExitCode(findings.some(({ status }) => status === 'broken') ? 1 : 0);
    });
}
