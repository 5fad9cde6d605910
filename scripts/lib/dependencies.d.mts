export function dependenciesAreCurrent(): boolean;
export function installDependencies(): Promise<void>;
/** Removes what a killed installation left; whether there was any. */
export function clearUnfinished(): boolean;
export function installProgress(): string;
