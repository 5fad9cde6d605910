import { planPromotion } from '../../policy/release/plan/promotion.ts';
import { planRelease } from '../../policy/release/plan/release.ts';
import { planSegments } from '../../policy/release/plan/segments.ts';
import { planSettings } from './settings.ts';

/** As `pawl release plan` simulates. */
const repeats = 100;
const shares = { 'country=AT': 0.05, 'country=CH': 0.1, 'country=DE': 0.5 };

const setting = planSettings()[Number(process.argv[2])];
if (setting === undefined) throw new RangeError(`there is no setting ${process.argv[2]}`);
const { policy, traffic } = setting;
const before = process.cpuUsage();
planRelease(policy, traffic, { repeats });
planSegments(policy, traffic, shares, { repeats });
planPromotion(policy, traffic, { repeats });
const { user, system } = process.cpuUsage(before);
process.stdout.write(String((user + system) / 1e6));
