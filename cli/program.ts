import { Command } from 'commander';
import { approveCommands } from './commands/approve.ts';
import { auditCommand } from './commands/audit.ts';
import { backtestCommand } from './commands/backtest.ts';
import { cancelCommand } from './commands/cancel.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { freezeCommands } from './commands/freeze.ts';
import { gatewayCommand } from './commands/gateway.ts';
import { importCommand } from './commands/import.ts';
import { logCommand } from './commands/log.ts';
import { modelsCommand } from './commands/models.ts';
import { predictCommand } from './commands/predict.ts';
import { releaseCommand } from './commands/release.ts';
import { reportCommand } from './commands/report.ts';
import { rollbackCommand } from './commands/rollback.ts';
import { runCommand } from './commands/run.ts';
import { scheduleCommand } from './commands/schedule.ts';
import { showCommand } from './commands/show.ts';
import { statusCommand } from './commands/status.ts';
import { steerCommands } from './commands/steer.ts';
import { upCommand } from './commands/up.ts';
import { versionsCommand } from './commands/versions.ts';
import { workerCommand } from './commands/worker.ts';

/** Tells the exit code of a command that did its work but whose answer is "no". */
export type SetExitCode = (code: number) => void;

/** In the order in which a newcomer meets them. */
const commands: readonly ((program: Command, setExitCode: SetExitCode) => void)[] = [
  demoCommand,
  upCommand,
  workerCommand,
  gatewayCommand,
  runCommand,
  statusCommand,
  cancelCommand,
  approveCommands,
  importCommand,
  releaseCommand,
  backtestCommand,
  steerCommands,
  rollbackCommand,
  freezeCommands,
  modelsCommand,
  versionsCommand,
  showCommand,
  predictCommand,
  logCommand,
  scheduleCommand,
  reportCommand,
  auditCommand,
  doctorCommand,
];

export function createProgram(setExitCode: SetExitCode): Command {
  const program = new Command('pawl')
    .description('Continuous retraining and release for ONNX models on Temporal.')
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 bad usage.')
    .showHelpAfterError('(`pawl <command> --help` tells more)')
    .exitOverride();
  for (const add of commands) add(program, setExitCode);
  return program;
}
