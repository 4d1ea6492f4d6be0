export declare function sourcesLine(): string;
export declare function checkKernels(url: string, source: string): void;
