/** The page, its headings and its words. */
export const layout = `
  * {
    box-sizing: border-box;
  }
  body {
    margin: 0;
    background: var(--page);
    color: var(--ink);
    font:
      15px/1.5 system-ui,
      -apple-system,
      'Segoe UI',
      Roboto,
      'Helvetica Neue',
      Arial,
      sans-serif;
    overflow-wrap: anywhere;
  }
  main {
    max-width: 68rem;
    margin: 0 auto;
    padding: 1rem;
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 1rem;
  }
  header,
  section {
    background: var(--card);
    border: 1px solid var(--line);
    border-radius: 8px;
    padding: 1.1rem 1.25rem;
    min-width: 0;
  }
  h1,
  h2,
  h3 {
    line-height: 1.25;
    margin: 0;
    text-wrap: balance;
  }
  h1 {
    font-size: 1.9rem;
  }
  h2 {
    font-size: 1.25rem;
    display: flex;
    flex-wrap: wrap;
    gap: 0.6rem;
    align-items: center;
  }
  h3 {
    font-size: 1.02rem;
    margin: 1.6rem 0 0.4rem;
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    align-items: center;
  }
  p {
    margin: 0.4rem 0;
    max-width: 75ch;
  }
  .kicker,
  .description,
  .lead,
  .note,
  .aside,
  .message {
    color: var(--soft);
  }
  .kicker {
    font-size: 0.8rem;
    letter-spacing: 0.06em;
    text-transform: uppercase;
    margin: 0;
  }
  .note,
  .aside,
  .message {
    font-size: 0.86em;
    font-weight: 400;
  }
  .message {
    display: block;
    max-width: 90ch;
  }
  .version {
    font-weight: 400;
    color: var(--soft);
  }
  .outcome {
    font-size: 1.08rem;
    padding: 0.6rem 0.9rem;
    border-left: 5px solid var(--tone);
    background: var(--tone-back);
    border-radius: 4px;
    max-width: none;
  }
  .outcome strong {
    color: var(--tone);
    margin-right: 0.4em;
  }
  header {
    border-top: 5px solid var(--tone);
  }
  .chip,
  .chosen {
    display: inline-block;
    padding: 0.05em 0.6em;
    border-radius: 999px;
    background: var(--tone-back);
    color: var(--tone);
    font-size: 0.8rem;
    font-weight: 600;
    line-height: 1.5;
    white-space: nowrap;
  }
  .chosen {
    --tone: var(--candidate);
    --tone-back: var(--none-back);
  }
  .bad {
    color: var(--fail);
  }
  .facts {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 11rem), 1fr));
    gap: 0.6rem 1.2rem;
    margin: 0.8rem 0;
  }
  .facts.wide {
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr));
  }
  .facts div {
    min-width: 0;
  }
  dt {
    font-size: 0.8rem;
    color: var(--soft);
  }
  dd {
    margin: 0;
    font-variant-numeric: tabular-nums;
  }
  .timeline ol {
    list-style: none;
    margin: 0;
    padding: 0;
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(7.4rem, 1fr));
    gap: 0.4rem;
  }
  .timeline li {
    background: var(--card);
    border: 1px solid var(--line);
    border-top: 3px solid var(--tone);
    border-radius: 6px;
    padding: 0.35rem 0.6rem 0.45rem;
    display: grid;
    gap: 0.15rem;
    justify-items: start;
    font-weight: 600;
  }
  .timeline .chip {
    font-size: 0.74rem;
  }
  .timeline li.none {
    opacity: 0.75;
  }
  a {
    color: var(--candidate);
  }
  .reasons,
  .reasons ul {
    padding-left: 1.1rem;
    margin: 0.3rem 0;
  }
  .reasons {
    list-style: none;
    padding: 0;
  }
  .reasons > li {
    margin-top: 0.7rem;
  }
  code,
  pre {
    font:
      0.88em/1.5 ui-monospace,
      SFMono-Regular,
      Menlo,
      Consolas,
      'DejaVu Sans Mono',
      monospace;
  }
  .whole {
    overflow-wrap: anywhere;
  }
  pre {
    white-space: pre-wrap;
    background: var(--page);
    padding: 0.8rem;
    border-radius: 6px;
  }
  summary {
    cursor: pointer;
    font-weight: 600;
    margin-top: 0.8rem;
  }
`;
