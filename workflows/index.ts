export { monitorModel } from './monitor.ts';
export { release } from './release.ts';
export { reproduce } from './reproduce.ts';
export { retrainAndRelease } from './retrain.ts';
export { rollback } from './rollback.ts';
