// Loaded into every process that the supervisor starts. If the supervisor is killed it cannot stop its children; then
// its channel closes, and the process ends itself, so that the next start finds nothing in its way. It polls the
// channel: a listener would keep a finished process alive, and closing the channel would end processes that wait for
// messages, such as the workers of `next build`.
if (process.send) setInterval(() => process.connected || process.exit(1), 200).unref()
