export function dependenciesAreCurrent(): boolean;
export function installDependencies(): Promise<void>;
