/** Colours are variables, so that dark screens and paper change them in one place. */
export const theme = `
  :root {
    --page: #f6f7f9;
    --card: #ffffff;
    --ink: #1b2230;
    --soft: #596273;
    --line: #dfe3ea;
    --candidate: #2563c9;
    --champion: #97a1b2;
    --plain: #5b7fb5;
    --pass: #1a7f4b;
    --pass-back: #e2f4ea;
    --warn: #8a5a00;
    --warn-mark: #d08a0b;
    --warn-back: #fdf0d2;
    --fail: #b3261e;
    --fail-back: #fce4e2;
    --inconclusive: #5a4fa0;
    --inconclusive-back: #ebe8fa;
    --none: #6a7283;
    --none-back: #eceef2;
    color-scheme: light;
  }
  @media screen and (prefers-color-scheme: dark) {
    :root {
      --page: #11151c;
      --card: #191f29;
      --ink: #e4e8ef;
      --soft: #a0a9b8;
      --line: #2e3744;
      --candidate: #6ea3f7;
      --champion: #7a8598;
      --plain: #7f9fd0;
      --pass: #63cb95;
      --pass-back: #163627;
      --warn: #e9b44c;
      --warn-mark: #e9b44c;
      --warn-back: #3a2d10;
      --fail: #f48a82;
      --fail-back: #431f1d;
      --inconclusive: #b3a9f2;
      --inconclusive-back: #2b2750;
      --none: #9aa3b2;
      --none-back: #272e3a;
      color-scheme: dark;
    }
  }
  .outcome-promoted,
  .pass {
    --tone: var(--pass);
    --tone-back: var(--pass-back);
  }
  .outcome-rejected,
  .outcome-cancelled,
  .warn {
    --tone: var(--warn);
    --tone-back: var(--warn-back);
  }
  .outcome-stopped,
  .outcome-rolledBack,
  .outcome-failed,
  .outcome-terminated,
  .outcome-timedOut,
  .fail {
    --tone: var(--fail);
    --tone-back: var(--fail-back);
  }
  .inconclusive {
    --tone: var(--inconclusive);
    --tone-back: var(--inconclusive-back);
  }
  .none,
  .done {
    --tone: var(--none);
    --tone-back: var(--none-back);
  }
  .plain {
    --tone: var(--plain);
  }
  .candidate {
    --tone: var(--candidate);
  }
  .champion {
    --tone: var(--champion);
  }
`;
