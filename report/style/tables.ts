/** Tables, which scroll by themselves where the page is narrow. */
export const tables = `
  .scroll {
    overflow-x: auto;
    margin: 0.9rem 0 0.5rem;
  }
  .scroll:focus-visible,
  a:focus-visible,
  summary:focus-visible {
    outline: 2px solid var(--candidate);
    outline-offset: 2px;
  }
  table {
    border-collapse: collapse;
    width: 100%;
    font-size: 0.9rem;
    font-variant-numeric: tabular-nums;
  }
  caption {
    text-align: left;
    font-weight: 600;
    padding-bottom: 0.35rem;
  }
  th,
  td {
    text-align: left;
    vertical-align: top;
    padding: 0.32rem 0.9rem 0.32rem 0;
    border-bottom: 1px solid var(--line);
    overflow-wrap: break-word;
  }
  th:last-child,
  td:last-child {
    padding-right: 0;
  }
  tbody th {
    font-weight: 500;
    min-width: 7rem;
  }
  thead th {
    color: var(--soft);
    font-size: 0.8rem;
    font-weight: 600;
    vertical-align: bottom;
  }
  td.text {
    min-width: 6rem;
  }
  th.number,
  td.number {
    text-align: right;
    white-space: nowrap;
  }
  thead th.number {
    white-space: normal;
  }
  th.plot,
  td.plot {
    min-width: 9rem;
    width: 34%;
  }
  tr.muted > * {
    color: var(--soft);
  }
  tr.highlight > * {
    background: var(--none-back);
  }
  .number + .text,
  .number + .plot {
    padding-left: 1rem;
  }
  td code,
  th code,
  .message {
    overflow-wrap: anywhere;
  }
`;
