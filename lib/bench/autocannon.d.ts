// The package has no types; this declares the part used here.
declare module 'autocannon' {
  type Options = { url: string; connections: number; amount: number; timeout: number; headers: Record<string, string> }
  type Result = { errors: number; timeouts: number; non2xx: number; requests: { total: number } }

  interface Running extends Promise<Result> {
    on(
      event: 'response',
      heard: (client: unknown, status: number, bytes: number, milliseconds: number) => void,
    ): Running
  }

  function autocannon(options: Options): Running
  export = autocannon
}
