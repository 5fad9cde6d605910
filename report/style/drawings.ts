/** Figures and strips; what a mark stands for gives its `--tone`. */
export const drawings = `
  .figures {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr));
    gap: 0.5rem 2rem;
    align-items: start;
  }
  figure {
    margin: 0.8rem 0;
    min-width: 0;
  }
  figcaption {
    font-weight: 600;
  }
  .legend {
    list-style: none;
    display: flex;
    flex-wrap: wrap;
    gap: 0.1rem 1.1rem;
    margin: 0.2rem 0;
    padding: 0;
    font-size: 0.84rem;
    color: var(--soft);
  }
  .swatch {
    display: inline-block;
    width: 0.75rem;
    height: 0.75rem;
    border-radius: 2px;
    background: var(--tone, var(--plain));
    margin-right: 0.4rem;
    vertical-align: -0.05rem;
  }
  .swatch.dot {
    border-radius: 50%;
  }
  .swatch.rule {
    width: 3px;
    background: var(--champion);
    margin-left: 0.3rem;
  }
  svg {
    display: block;
  }
  .drawing {
    width: 100%;
    max-width: 27rem;
    height: auto;
  }
  .drawing text {
    font-size: 11px;
    fill: var(--soft);
    font-variant-numeric: tabular-nums;
  }
  .grid {
    stroke: var(--line);
  }
  .base,
  .tick {
    stroke: var(--champion);
  }
  .line {
    fill: none;
    stroke: var(--tone);
    stroke-width: 2;
    stroke-linejoin: round;
  }
  .line.reference {
    stroke: var(--champion);
    stroke-width: 1.2;
    stroke-dasharray: 2 3;
  }
  .point {
    fill: var(--tone);
    stroke: var(--card);
    stroke-width: 1;
  }
  .strip {
    overflow: visible;
  }
  .strip > .zero {
    stroke: var(--soft);
    stroke-opacity: 0.6;
  }
  .strip > .limit {
    stroke: var(--ink);
    stroke-width: 1.5;
    stroke-dasharray: 3 2;
  }
  .strip > line.champion {
    stroke: var(--champion);
    stroke-width: 2.5;
  }
  .mark line {
    stroke: var(--tone);
    stroke-width: 2.5;
  }
  .mark circle,
  .mark rect {
    fill: var(--tone);
  }
  .mark .arrow {
    fill: none;
    stroke: var(--tone);
    stroke-width: 2;
  }
  .whisker {
    stroke: var(--ink);
    stroke-width: 1.5;
  }
  .mark.warn {
    --tone: var(--warn-mark);
  }
`;
