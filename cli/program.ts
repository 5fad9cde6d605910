import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { projectElsewhere } from '../config/project-elsewhere.ts';
import { packageRoot } from '../config/source-tree.ts';
import type { SetExitCode } from './exit-code.ts';
type AddCommands = (program: Command, setExitCode: SetExitCode) => void;

/**
 * The commands that a module adds, in the order in which a newcomer meets them. A module is loaded where one of its commands is
 * asked for, or all of them: each costs time at every start.
 */
const modules: readonly (readonly [names: readonly string[], load: () => Promise<AddCommands>])[] = [
  [['demo'], async () => (await import('./commands/demo.ts')).demoCommand],
  [['up'], async () => (await import('./commands/up.ts')).upCommand],
  [['worker'], async () => (await import('./commands/worker.ts')).workerCommand],
  [['gateway'], async () => (await import('./commands/gateway.ts')).gatewayCommand],
  [['setup-namespace'], async () => (await import('./commands/setup-namespace.ts')).setupNamespaceCommand],
  [['init'], async () => (await import('./commands/init.ts')).initCommand],
  [['run'], async () => (await import('./commands/run.ts')).runCommand],
  [['status'], async () => (await import('./commands/status.ts')).statusCommand],
  [['cancel'], async () => (await import('./commands/cancel.ts')).cancelCommand],
  [['approve', 'reject'], async () => (await import('./commands/approve.ts')).approveCommands],
  [['split'], async () => (await import('./commands/split.ts')).splitCommand],
  [['import'], async () => (await import('./commands/import.ts')).importCommand],
  [['release'], async () => (await import('./commands/release.ts')).releaseCommand],
  [['backtest'], async () => (await import('./commands/backtest.ts')).backtestCommand],
  [
    ['pause', 'resume', 'promote', 'abort', 'retry', 'extend'],
    async () => (await import('./commands/steer.ts')).steerCommands,
  ],
  [['rollback'], async () => (await import('./commands/rollback.ts')).rollbackCommand],
  [['freeze', 'unfreeze'], async () => (await import('./commands/freeze.ts')).freezeCommands],
  [['models'], async () => (await import('./commands/models.ts')).modelsCommand],
  [['versions'], async () => (await import('./commands/versions.ts')).versionsCommand],
  [['show'], async () => (await import('./commands/show.ts')).showCommand],
  [['predict'], async () => (await import('./commands/predict.ts')).predictCommand],
  [['log'], async () => (await import('./commands/log.ts')).logCommand],
  [['schedule'], async () => (await import('./commands/schedule.ts')).scheduleCommand],
  [['monitor'], async () => (await import('./commands/monitor.ts')).monitorCommand],
  [['report'], async () => (await import('./commands/report.ts')).reportCommand],
  [['evidence'], async () => (await import('./commands/evidence.ts')).evidenceCommand],
  [['audit'], async () => (await import('./commands/audit.ts')).auditCommand],
  [['verify'], async () => (await import('./commands/verify.ts')).verifyCommand],
  [['reproduce'], async () => (await import('./commands/reproduce.ts')).reproduceCommand],
  [['doctor'], async () => (await import('./commands/doctor.ts')).doctorCommand],
];

export const cliCommandNames: readonly string[] = modules.flatMap(([names]) => names);

/** Models of another folder than the current one are not taken for the caller's. */
function tellProject(): void {
  const project = projectElsewhere(process.cwd());
  if (project !== null)
    process.stderr.write(
      `pawl: this is about the project ${project}: set PAWL_PROJECT=. where models/ and datasets/ of your own are\n`,
    );
}

const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }).version;

/** With the commands of the module that adds `asked`, else with all: for help, and to say what a wrong name was meant to be. */
export async function createProgram(setExitCode: SetExitCode, asked?: string): Promise<Command> {
  const program = new Command('pawl')
    .description('Continuous retraining and release for ONNX models on Temporal.')
    .version(packageVersion(), '-V, --version', 'the version of Pawl')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed (also where what was named is not there), 2 bad usage (the arguments alone show it).',
    )
    .showHelpAfterError('(`pawl <command> --help` tells more)')
    .exitOverride()
    .hook('preAction', tellProject);
  const found = modules.filter(([names]) => asked !== undefined && names.includes(asked));
  const wanted = found.length > 0 ? found : modules;
  for (const add of await Promise.all(wanted.map(([, load]) => load()))) add(program, setExitCode);
  return program;
}
