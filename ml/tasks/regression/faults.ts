import type { Task } from '../task.ts';

/** Numbers that are NaN or infinite. */
export const findFaults: Task['findFaults'] = ({ answer }) => {
  const odd = Array.from(answer.entries()).filter(([, value]) => !Number.isFinite(value));
  const [first] = odd;
  return {
    kind: 'numbers',
    rows: answer.length,
    notFinite: odd.length,
    outside: 0,
    first: first === undefined ? null : { row: first[0], value: String(first[1]) },
    labelAgreement: null,
    agreementOf: '',
  };
};
