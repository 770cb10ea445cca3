export function schemaSql(url: string): Promise<string>
