import { beModelProcess } from '../be-model-process.ts';
import { checkSignature, type AnswerLimits } from '../../contracts/serving/answer-limits.ts';
import { AnswerOverruns } from './answer-overruns.ts';
import type { ProcessAnswer, ProcessQuestion } from './process.ts';
import { openSession, type Session } from './session.ts';

/**
 * The process of one model: opens the file that it was given, then answers one question after the other. What is too large for its parent
 * it does not say: reading it would hold up the parent's event loop.
 */
const [path = '', bytes, texts] = process.argv.slice(2);
const limits: AnswerLimits = { bytes: Number(bytes), texts: Number(texts) };
const overruns = new AnswerOverruns(limits);
const longestMessage = 4_000;
const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, longestMessage);
const say = (answer: ProcessAnswer): void => void process.send?.(answer);

beModelProcess();

async function answer(session: Session, question: ProcessQuestion): Promise<void> {
  if (question.kind === 'release') {
    await session.release();
    process.exit(0);
  }
  try {
    const outputs = await session.run(question.feeds);
    overruns.check(question.feeds, outputs);
    say({ kind: 'ran', outputs });
  } catch (error) {
    const { failure } = overruns;
    say(failure === null ? { kind: 'failed', message: messageOf(error) } : { kind: 'over', message: failure });
  }
}

try {
  const session = await openSession(path);
  checkSignature(session.signature);
  process.on('message', (question: ProcessQuestion) => void answer(session, question));
  say({ kind: 'opened', signature: session.signature });
} catch (error) {
  say({ kind: 'unusable', message: messageOf(error) });
}
