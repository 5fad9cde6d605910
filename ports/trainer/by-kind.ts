import { trainByProgram, type CommandTools } from './command/session.ts';
import type { OwnTrainer, SingleTrainer } from './port.ts';

/** Trains by programs of the project besides the trainers that are Pawl's own. */
export const createSingleTrainer = (own: OwnTrainer, tools: CommandTools): SingleTrainer => ({
  provider: () => own.provider(),
  async train(job, hooks) {
    const { settings } = job;
    return settings.kind === 'command'
      ? trainByProgram({ ...job, settings }, tools, hooks)
      : own.train({ ...job, settings }, hooks);
  },
});
