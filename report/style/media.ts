/** Narrow screens and paper; comes last, for it overrides. */
export const media = `
  @media (max-width: 40rem) {
    main {
      padding: 0.5rem;
      gap: 0.6rem;
    }
    header,
    section {
      padding: 0.9rem;
    }
    table {
      font-size: 0.84rem;
    }
    th,
    td {
      padding-right: 0.6rem;
    }
    tbody th {
      min-width: 5rem;
    }
    th.plot,
    td.plot {
      min-width: 6.5rem;
    }
  }
  @media (max-width: 34rem) {
    .facts {
      grid-template-columns: repeat(auto-fill, minmax(min(100%, 8.2rem), 1fr));
    }
    .timeline ol {
      grid-template-columns: repeat(auto-fill, minmax(6.2rem, 1fr));
    }
    .timeline li {
      padding: 0.3rem 0.35rem;
    }
    .timeline .chip {
      padding-inline: 0.3em;
    }
    .checks,
    .checks caption,
    .checks tbody {
      display: block;
    }
    .checks thead {
      position: absolute;
      clip-path: inset(50%);
    }
    .checks tr {
      display: grid;
      grid-template-columns: 1fr auto auto;
      border-bottom: 1px solid var(--line);
      padding: 0.3rem 0;
    }
    .checks th,
    .checks td {
      border: 0;
      min-width: 0;
      white-space: normal;
      padding-block: 0.1rem;
    }
    .checks th {
      grid-column: 1 / -1;
    }
    .checks td:nth-child(3)::before {
      content: 'observed ';
      color: var(--soft);
    }
    .checks td:nth-child(4)::before {
      content: 'limit ';
      color: var(--soft);
    }
  }
  @media print {
    :root {
      --page: #ffffff;
      --card: #ffffff;
      --ink: #000000;
      --soft: #444444;
      --line: #cccccc;
      color-scheme: light;
    }
    body {
      font-size: 10pt;
      print-color-adjust: exact;
      -webkit-print-color-adjust: exact;
    }
    main {
      display: block;
      max-width: none;
      padding: 0;
    }
    header,
    section,
    .timeline {
      margin-bottom: 1rem;
    }
    .scroll {
      overflow: visible;
    }
    tr,
    figure,
    .facts,
    .timeline {
      break-inside: avoid;
    }
    h2,
    h3,
    caption,
    .lead {
      break-after: avoid;
    }
  }
`;
