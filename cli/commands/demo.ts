import type { Command } from 'commander';
import type { SetExitCode } from '../exit-code.ts';

export function demoCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('demo')
    .description('the main job: four runs on real data under live traffic, then everything stays up')
    .option('--once', 'end when the story has ended; exit code 0 only if all went as it should', false)
    .option('--fresh', 'forget an earlier demo and start it over', false)
    .action(async (options: { once: boolean; fresh: boolean }) => {
      const { runDemo } = await import('../demo/run-demo.ts');
      setExitCode(await runDemo(options));
    });
}
