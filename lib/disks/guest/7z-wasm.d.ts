// The package's own types lack the internals of the Emscripten file system, from which we build a read-only file.
declare module '7z-wasm' {
  export type Node = { mode: number; node_ops: object; stream_ops: object }
  export type Stream = { node: Node; position: number; stream_ops: object }
  export type Mount = { root?: Node }
  export type FileSystem = {
    ErrnoError: new (errno: number) => Error
    createNode(parent: Node | null, name: string, mode: number, device: number): Node
    getStream(descriptor: number): Stream | null
    mkdir(path: string): Node
    writeFile(path: string, text: string): void
    mount(type: { mount(mount: Mount): Node }, options: object, path: string): Node
  }
  export type Module = { FS: FileSystem; callMain(args: string[]): number | undefined }
  export type Options = {
    print(line: string): void
    printErr(line: string): void
    instantiateWasm(
      imports: WebAssembly.Imports,
      onReady: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
    ): object
  }
  const SevenZip: (options: Options) => Promise<Module>

  // biome-ignore lint/style/noDefaultExport: It is the package's.
  export { SevenZip as default }
}
